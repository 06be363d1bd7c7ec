"""The path as OpenSSL builds it: trusted certificates first, one choice a step, no way back.

After OpenSSL 3.0's `build_chain` in crypto/x509/x509_vfy.c: names and key identifiers choose,
signatures are checked only when the path is complete. So a path can be built here that then
fails, while another path would have been good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from diagnose.chain.links import key_id_test, self_signed
from diagnose.model.certificate import Certificate
from diagnose.model.walk import Test

#: OpenSSL's default verification depth (X509_VERIFY_PARAM "default") is 100.
DEPTH_LIMIT = 100

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


def build(
    sent: Sequence[Certificate], anchors: Sequence[Certificate], instant: datetime
) -> tuple[list[Certificate], int]:
    """The path, and how many of its certificates, from the start, did not come from the store.

    `sent[0]` is the end-entity certificate. A path whose last certificate came from the store and
    is self-signed is complete.
    """
    path = [sent[0]]
    while len(path) <= DEPTH_LIMIT:
        current = path[-1]
        issuer = _choose(current, anchors, path, instant)
        if self_signed(current):
            trusted = any(anchor.sha256 == current.sha256 for anchor in anchors)
            return path, len(path) - 1 if trusted else len(path)
        if issuer is not None:
            return _within_store([*path, issuer], len(path), anchors, instant)
        issuer = _choose(current, sent[1:], path, instant)
        if issuer is None:
            return path, len(path)
        path.append(issuer)
    return path, len(path)


def _within_store(
    path: list[Certificate], untrusted: int, anchors: Sequence[Certificate], instant: datetime
) -> tuple[list[Certificate], int]:
    """Once a certificate of the store is taken, only certificates of the store follow."""
    while not self_signed(path[-1]) and len(path) <= DEPTH_LIMIT:
        issuer = _choose(path[-1], anchors, path, instant)
        if issuer is None:
            break
        path.append(issuer)
    return path, untrusted


def _choose(
    child: Certificate,
    candidates: Sequence[Certificate],
    path: Sequence[Certificate],
    instant: datetime,
) -> Certificate | None:
    """The first candidate that is valid now, else the one that was valid last."""
    best: Certificate | None = None
    taken = {each.sha256 for each in path}
    for candidate in candidates:
        if child.issuer.canonical != candidate.subject.canonical:
            continue
        if key_id_test(child, candidate) is Test.FAIL:
            continue
        if candidate.sha256 in taken:
            continue
        if candidate.valid_at(instant):
            return candidate
        if best is None or (candidate.not_after or _NEVER) > (best.not_after or _NEVER):
            best = candidate
    return best
