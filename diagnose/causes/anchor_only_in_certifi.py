"""certifi trusts this server; the operating system does not."""

from __future__ import annotations

from diagnose.causes._shared import (
    behind,
    holders,
    places_words,
    reached_anchor,
    store_words,
    stores_words,
    tick,
    unsent_intermediates,
    without,
)
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    Need,
    TrustAnchor,
    UnsetSetting,
    Who,
)
from diagnose.model.store import BundleSetting, Store, StoreName
from diagnose.model.text import printable
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# anchor-only-in-certifi

## What you see

    certificate verify failed: unable to get local issuer certificate
    curl: (60) SSL certificate problem: unable to get local issuer certificate

from curl, git, uv with system certificates and pip 24.2 or newer, while requests works.

## What happened

The operating system's list of authorities (its trust store) lacks one that the Python package
certifi has. Usually the system's list is old or was stripped down (small containers, machines
without updates). Sometimes SSL_CERT_FILE or SSL_CERT_DIR puts another file in its place. Sometimes
somebody wrote an authority into certifi's file, which is then there and nowhere else.

## How we know

The server was asked with both stores in real connections. The chain ends in a certificate that is
in certifi's file and not in the system's list.

## What to do

Bring the system's list up to date: the package `ca-certificates` on Linux, the operating system's
updates elsewhere. If a variable replaced the list, unset it or add the authority to its file. If
somebody wrote the authority into certifi's file, IT should put it into the system's store.

## What not to do

Do not switch verification off, and do not copy single public authorities over by hand: an old list
lacks others too, and keeps some that are no longer trusted.

## References

- OpenSSL documentation, openssl-env(7): SSL_CERT_FILE and SSL_CERT_DIR
- Python documentation, ssl.get_default_verify_paths
"""

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def recognise(case: Case) -> Finding | None:
    """The anchor is in certifi, and the system store fails for lack of it."""
    anchor = reached_anchor(case)
    if anchor is None or unsent_intermediates(case):
        return None
    missing_in = without(case, anchor)
    if StoreName.CERTIFI not in holders(case, anchor) or StoreName.SYSTEM not in missing_in:
        return None
    system = case.store(StoreName.SYSTEM)
    if system.anchors == 0 or _told_by_the_bundle(case, system):
        return None
    added = case.recording.certifi is not None and anchor.sha256 in case.recording.certifi.added
    setting = _replacement(case, system)
    certifi = case.store(StoreName.CERTIFI)
    return Finding(
        summary=_summary(case, anchor, setting, added=added),
        # A listing of the platform's store can be incomplete; the refusal itself is a fact.
        confidence=Confidence.CERTAIN if system.complete else Confidence.LIKELY,
        who=Who.USER if setting else Who.IT,
        evidence=(
            f"the chain ends in {tick(anchor.subject.text)}",
            f"this certificate is in {places_words(certifi)} ({certifi.chosen_by})",
            (
                f"it is not among the anchors of {stores_words(missing_in)}"
                f" ({places_words(system) or 'no file'}, chosen by {system.chosen_by})"
            ),
        ),
        needs=_needs(case, anchor, setting),
    )


def _summary(case: Case, anchor: Certificate, setting: BundleSetting | None, *, added: bool) -> str:
    name, role = tick(anchor.subject.short), behind(case, anchor)
    if setting is not None:
        return (
            f"{setting.source} replaces the operating system's trust store by"
            f" {tick(printable(setting.path))}, which lacks {name}, {role}; certifi has it"
        )
    if added:
        return (
            f"somebody added {name}, {role}, to certifi's file on this"
            " machine, and the operating system does not have it; the next update of certifi"
            " will remove it there too"
        )
    stores = stores_words(without(case, anchor))
    return (
        f"{store_words(StoreName.CERTIFI)} trusts {name}, {role};"
        f" {stores} lacks it, probably because that list is old or was cut down"
    )


def _needs(case: Case, anchor: Certificate, setting: BundleSetting | None) -> tuple[Need, ...]:
    place = next(iter(case.store(StoreName.CERTIFI).places), None)
    trust = TrustAnchor(anchor.subject.short, anchor.sha256, holders(case, anchor), place)
    return (UnsetSetting(setting.source, setting.path), trust) if setting else (trust,)


def _replacement(case: Case, system: Store) -> BundleSetting | None:
    """The variable that put another file in the place of the system's store."""
    for setting in case.recording.bundle_settings:
        if setting.source in _VARIABLES and setting.source in system.chosen_by:
            return setting
    return None


def _told_by_the_bundle(case: Case, system: Store) -> bool:
    """The variable's file is the bundle that was probed: `bundle-shadows` then says it all."""
    setting = _replacement(case, system)
    verified = case.verdict(StoreName.CERTIFI) is Verdict.VERIFIES
    return setting is not None and setting.probed and verified


CAUSE = Cause(
    id="anchor-only-in-certifi",
    summary="certifi trusts this server, the operating system does not",
    rank=314,
    explanation=EXPLANATION,
    recognise=recognise,
)
