"""What is said in the end: the sentences that all formats share, and the formats themselves.

Functions over facts: text in the end, no console, no clock, no colours of their own accord.
"""
