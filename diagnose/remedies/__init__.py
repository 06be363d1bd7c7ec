"""Needs met by someone who is no client: the operating system, the server's owner, the network's.

One file each, with a `PRESCRIBER`. Functions over facts.
"""
