"""`diagnose demo`: the real check on a small stage, with no network."""

from __future__ import annotations


def demo() -> None:
    """Try it without a network: a package index behind a proxy that inspects TLS, on loopback."""
    raise NotImplementedError
