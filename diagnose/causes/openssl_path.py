"""A good path exists, and OpenSSL takes another."""

from __future__ import annotations

from diagnose.causes._shared import holders, store_words, stores_words, tick
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Cause, Confidence, Finding, Who
from diagnose.model.store import StoreName
from diagnose.model.verdict import Verdict
from diagnose.model.walk import Link, Path, Test

EXPLANATION = """\
# openssl-path

## What you see

    certificate verify failed: certificate signature failure
    certificate verify failed: unable to get local issuer certificate
    certificate verify failed: invalid CA certificate

although everything that is needed is there, and other programs (browsers, Java, rustls) agree.

## What happened

From the server's certificate several ways lead upwards, because two certificates have the same
name. OpenSSL chooses by name and key identifier, the store's certificates first, checks signatures
only at the end, and never turns back. Here it chooses a certificate that leads nowhere; the other
one would have been good.

## How we know

All paths were walked, and the one that OpenSSL builds was rebuilt by its rules. They part at the
certificate that the report names.

## What to do

Remove the misleading certificate from where it is: from the bundle, from the operating system's
store (IT), or from what the server sends (its owner). The diagnosis says where.

## What not to do

Do not add further certificates of the same name; what is needed is there already. Do not switch
verification off.

## References

- RFC 4158: building certification paths, and why turning back is needed
- OpenSSL documentation, X509_verify_cert and X509_STORE_CTX_get_error
"""


def recognise(case: Case) -> Finding | None:
    """A failing store has a sound path, and OpenSSL builds another one."""
    for name in case.stores_that(Verdict.FAILS):
        walk = case.walks.get(name)
        if walk is None or not walk.missed_by_openssl or _expired_above(case, walk.greedy):
            continue
        return _finding(case, name, walk.greedy, walk.best)
    return None


def _expired_above(case: Case, path: Path) -> bool:
    """Then `cross-sign-expired` says it better."""
    instant = case.surroundings.instant
    return any(case.certificates[each].expired_at(instant) for each in path.certificates[1:])


def _finding(case: Case, name: StoreName, taken: Path, good: Path) -> Finding:
    fork = next(
        index
        for index in range(len(good.certificates))
        if taken.certificates[index : index + 1] != good.certificates[index : index + 1]
    )
    right = case.certificates[good.certificates[fork]]
    wrong = case.certificates[taken.certificates[fork]] if fork < len(taken.certificates) else None
    sent = wrong is not None and wrong.sha256 in case.observation.capture.chain
    stores = holders(case, wrong) if wrong else ()
    return Finding(
        summary=(
            f"{store_words(name)} has what {case.target.label} needs, but OpenSSL follows another"
            f" certificate named {tick((wrong or right).subject.short)} and never turns back"
        ),
        confidence=Confidence.CERTAIN,
        who=_who(name, stores),
        evidence=(
            *([_misled(wrong, taken.links[fork - 1], stores, sent=sent)] if wrong else []),
            (
                f"the good way goes over {tick(right.subject.text)}, SHA-256 {right.sha256},"
                f" {_origin(holders(case, right), right.sha256 in case.observation.capture.chain)}"
            ),
        ),
    )


def _misled(wrong: Certificate, link: Link, stores: tuple[StoreName, ...], *, sent: bool) -> str:
    if link.signature is Test.FAIL:
        why = "its key did not make the signature"
    elif link.ca is Test.FAIL:
        why = "it may not issue certificates"
    elif link.time is Test.FAIL:
        why = "it is not valid now"
    else:
        why = "it leads to no trust anchor"
    return f"OpenSSL takes the one with SHA-256 {wrong.sha256}, {_origin(stores, sent)}: {why}"


def _origin(stores: tuple[StoreName, ...], sent: bool) -> str:
    if stores:
        return f"which is in {stores_words(stores)}"
    return "which the server sends" if sent else "which was found elsewhere"


def _who(name: StoreName, stores: tuple[StoreName, ...]) -> Who:
    if name not in stores:
        return Who.SERVER_OWNER
    return Who.USER if name is StoreName.BUNDLE else Who.IT


CAUSE = Cause(
    id="openssl-path",
    summary="a good path exists, and OpenSSL takes another",
    rank=303,
    explanation=EXPLANATION,
    recognise=recognise,
    covers=("verification-failed",),
)
