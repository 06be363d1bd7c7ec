"""The scene of `diagnose demo`: a package index behind a proxy that inspects TLS, all on loopback.

The name of the index exists only behind the proxy, so that nothing outside is ever asked.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from diagnose.demo.form import Form
from diagnose.demo.pki import Authority
from diagnose.demo.proxy import Inspection, connect_proxy

HOST = "registry.example.com"
COMPANY = "Example Corp"
AUTHORITY = "Example Corp TLS Inspection CA"

_PAGE = b"<!DOCTYPE html><title>demo-package</title>"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a client must be told: the host to ask for, the way there, the company's bundle."""

    host: str
    proxy: str
    bundle: str
    authority: Authority


@contextmanager
def inspected_index(seed: bytes = b"", today: datetime | None = None) -> Iterator[Stage]:
    """Start the scene. `seed` makes its keys: a fixed one for tests, a secret one for people.

    With `today` the minted certificate is valid for thirty days around it, as real proxies mint.
    """
    authority = Authority.root(AUTHORITY, organization=COMPANY, seed=seed)
    minted: Form = {}
    if today is not None:
        start = today.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        minted = {
            "not_before": start - timedelta(days=1),
            "not_after": start + timedelta(days=29),
        }
    inspection = Inspection(authority, form=minted, pages={"/simple/": _PAGE})
    with tempfile.TemporaryDirectory(prefix="diagnose-demo-") as folder:
        bundle = os.path.join(folder, "corp-ca.pem")
        with open(bundle, "w", encoding="ascii") as file:
            file.write(authority.pem)
        with connect_proxy(inspect=inspection) as proxy:
            yield Stage(HOST, f"http://{proxy.host}:{proxy.port}", bundle, authority)
