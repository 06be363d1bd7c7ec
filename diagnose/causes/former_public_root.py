"""certifi had this authority once, and has dropped it."""

from __future__ import annotations

from diagnose.causes._public import Authority, identified_by, standing, top
from diagnose.causes._shared import day, holders, lacking, stores_words, tick
from diagnose.chain.public_roots import IssuerStanding, Standing, in_release
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Finding,
    Need,
    RenewCertificate,
    UseSystemStore,
    Who,
)
from diagnose.model.store import StoreName
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# former-public-root

## What you see

    certificate verify failed: unable to get local issuer certificate
    certificate verify failed: self-signed certificate in certificate chain

on a server that used to work, often right after an update of certifi, and perhaps only in some
programs.

## What happened

The server's certificate leads to an authority that was public: Python's list of authorities, the
package certifi, once had it and has dropped it. certifi follows Mozilla's list. Authorities leave
it because they expired, because their owner retired them, or because Mozilla no longer trusts them;
which of these holds here is not recorded.

## How we know

The authority was looked up by its name and its key among all roots that certifi's releases had
since 2015. The report names the release that no longer had it.

## What to do

The server's owner must use a certificate that leads to an authority of today; most authorities have
a newer root and give the matching intermediate certificate for free. Tell the owner the name in the
report. Until then, programs that use the operating system's store work if that store still has it.

## What not to do

Do not bring the old root back, neither by installing it nor by an old certifi: it may have been
dropped because it can no longer be trusted. Do not switch verification off.

## References

- certifi's release notes; Mozilla's list of root removals
- RFC 5280 section 6.1: which authorities are trusted is the list's decision
"""


def recognise(case: Case) -> Finding | None:
    """Certifi fails, and the authority is one that certifi has dropped."""
    authority, certifi = top(case), case.recording.certifi
    if authority is None or certifi is None or StoreName.CERTIFI not in lacking(case):
        return None
    root = authority.certificate
    if root is not None and StoreName.CERTIFI in holders(case, root):
        return None
    public = standing(authority)
    if public.standing is not Standing.FORMER:
        return None
    if in_release(certifi.version, public.roots[0].sha256):
        return None  # this release should have it: its file was changed, or is another's
    name = authority.name.short
    return Finding(
        summary=(
            f"{case.target.label} relies on {tick(name)}, an authority that certifi dropped in"
            f" {public.dropped_in}; certifi {certifi.version} is installed here"
        ),
        confidence=authority.confidence,
        who=Who.SERVER_OWNER,
        evidence=_evidence(case, authority, public),
        needs=_needs(case, name),
    )


def _evidence(case: Case, authority: Authority, public: IssuerStanding) -> tuple[str, ...]:
    root = public.roots[-1]
    expired = case.surroundings.instant > root.not_after
    held_by = holders(case, authority.certificate) if authority.certificate else ()
    return (
        f"the chain leads to {tick(authority.name.text)}",
        identified_by(authority, root.label),
        f"certifi had it until {root.last}; why it was dropped is not recorded",
        f"the root {'expired on' if expired else 'would be valid until'} {day(root.not_after)}",
        *([f"{stores_words(held_by)} still has it"] if len(held_by) == 1 else []),
    )


def _needs(case: Case, name: str) -> tuple[Need, ...]:
    leaf = case.leaf
    renew = (RenewCertificate(leaf.subject.short, leaf.sha256),) if leaf else ()
    # The operating system's maker decided to keep it, and it is the user's list already.
    still = case.verdict(StoreName.SYSTEM) is Verdict.VERIFIES
    return (*renew, UseSystemStore(name)) if still else renew


CAUSE = Cause(
    id="former-public-root",
    summary="the server relies on an authority that certifi has dropped",
    rank=305,
    explanation=EXPLANATION,
    recognise=recognise,
    covers=("anchor-nowhere", "anchor-only-in-system-store"),
)
