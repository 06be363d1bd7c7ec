"""The operating system's store holds no authority at all."""

from __future__ import annotations

from diagnose.causes._shared import tick
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    InstallSystemStore,
    Need,
    UnsetSetting,
    Who,
)
from diagnose.model.store import StoreName
from diagnose.model.text import printable
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# system-store-empty

## What you see

    [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer
    certificate

with every server, from pip since 24.2, urllib, git or apt; often in a fresh container.

## What happened

The operating system's list of trusted authorities is empty. Small images (slim, minimal,
distroless) come without it, and nothing warns: an empty list is read like any other. Or
SSL_CERT_FILE or SSL_CERT_DIR puts something without certificates in its place.

## How we know

All places that truststore and OpenSSL read were looked through, and no certificate was found.

## What to do

Install the list:

- Debian, Ubuntu: `apt-get install ca-certificates`
- Fedora, RHEL: `dnf install ca-certificates`
- Alpine: `apk add ca-certificates`

In an image this belongs into the Dockerfile, before anything is downloaded over https. In a company
network that inspects connections, the company's authority must be added as well. If SSL_CERT_FILE
or SSL_CERT_DIR is set, take it away first and look again.

## What not to do

Do not switch verification off to get the package: the package managers of the distributions check
signatures of their own, and most can fetch it without https.

## References

- OpenSSL documentation, SSL_CTX_set_default_verify_paths, https://www.openssl.org/docs/
- truststore documentation, https://truststore.readthedocs.io
"""


def recognise(case: Case) -> Finding | None:
    """A store that was listed in full and holds nothing; a remark where it cost no verdict."""
    store = case.store(StoreName.SYSTEM)
    verdict = case.verdict(StoreName.SYSTEM)
    if not store.configured or not store.complete or store.anchors != 0:
        return None
    # A file that cannot be used is another cause, which tells more.
    if verdict is Verdict.VERIFIES or any(each.fatal for each in store.defects):
        return None
    set_here = tuple(
        UnsetSetting(name, value)
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")
        if (value := case.surroundings.variable(name))
    )
    needs: tuple[Need, ...] = (*set_here, InstallSystemStore())
    looked = " and ".join(tick(printable(place)) for place in store.places)
    found = f"{looked} holds no authority; it was chosen by {store.chosen_by}"
    return Finding(
        summary=(
            "the operating system's list of trusted authorities is empty here"
            f"{_reason(tuple(each.source for each in set_here))}"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=(
            found if looked else f"{store.chosen_by} leads to no file here",
            *(printable(note) for note in store.notes),
        ),
        needs=needs,
        remark=verdict is not Verdict.FAILS,
    )


def _reason(variables: tuple[str, ...]) -> str:
    if not variables:
        return ": likely its package (ca-certificates) is not installed"
    names = " and ".join(variables)
    return f": likely because of {names}, which puts something else in its place"


CAUSE = Cause(
    id="system-store-empty",
    summary="the operating system's list of trusted authorities is empty",
    rank=114,
    explanation=EXPLANATION,
    recognise=recognise,
)
