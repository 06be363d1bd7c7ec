"""The path as OpenSSL builds it: trusted certificates first, one choice a step, no way back.

After OpenSSL 3.0's `build_chain` in crypto/x509/x509_vfy.c: names, key identifiers and kinds of
keys choose, signatures are checked only when the path is complete. So a path can be built here
that then fails, while another path would have been good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from diagnose.chain.links import likely_issued, self_signed
from diagnose.model.certificate import Certificate

#: OpenSSL's default verification depth is 100 (X509_VERIFY_PARAM "default"): so many certificates
#: between the end-entity certificate and the anchor.
LENGTH_LIMIT = 102

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


def build(
    sent: Sequence[Certificate], anchors: Sequence[Certificate], instant: datetime
) -> tuple[list[Certificate], int]:
    """The path, and how many of its certificates, from the start, did not come from the store.

    `sent[0]` is the end-entity certificate, the other ones are in any order; `anchors` are in the
    store's order. A path whose last certificate came from the store and is self-signed is
    complete.
    """
    path = [sent[0]]
    while len(path) < LENGTH_LIMIT:
        current = path[-1]
        issuer = _choose(current, anchors, instant)
        if self_signed(current):
            # Only the very certificate will do; the first namesake that fits ends the search.
            trusted = issuer is not None and issuer.sha256 == current.sha256
            return path, len(path) - trusted
        if issuer is not None:
            return _within_store(path, issuer, anchors, instant)
        taken = {each.sha256 for each in path}
        rest = [each for each in sent[1:] if each.sha256 not in taken]
        issuer = _choose(current, rest, instant)
        if issuer is None:
            break
        path.append(issuer)
    return path, len(path)


def _within_store(
    path: list[Certificate],
    anchor: Certificate | None,
    anchors: Sequence[Certificate],
    instant: datetime,
) -> tuple[list[Certificate], int]:
    """Once a certificate of the store is taken, only certificates of the store follow.

    OpenSSL would follow a loop within the store up to its depth limit (code 22, or code 2 where
    the loop closes on a certificate that was sent); here the path ends before it closes.
    """
    untrusted = len(path)
    taken = {each.sha256 for each in path}
    while anchor is not None and anchor.sha256 not in taken and len(path) < LENGTH_LIMIT:
        taken.add(anchor.sha256)
        path.append(anchor)
        anchor = None if self_signed(anchor) else _choose(anchor, anchors, instant)
    return path, untrusted


def _choose(
    child: Certificate, candidates: Sequence[Certificate], instant: datetime
) -> Certificate | None:
    """The first candidate that is valid now, else the one that was valid last."""
    best: Certificate | None = None
    for candidate in candidates:
        if not likely_issued(child, candidate):
            continue
        if "validity" not in candidate.unread and candidate.valid_at(instant):
            return candidate
        if best is None or (candidate.not_after or _NEVER) > (best.not_after or _NEVER):
            best = candidate
    return best
