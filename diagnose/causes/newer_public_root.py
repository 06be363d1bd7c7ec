"""The installed certifi is too old to know this authority."""

from __future__ import annotations

from diagnose.causes._public import identified_by, standing, top
from diagnose.causes._shared import holders, lacking, stores_words, tick
from diagnose.chain.public_roots import Standing, newer_than, version_key
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Finding, UpgradeCertifi, Who
from diagnose.model.store import StoreName

EXPLANATION = """\
# newer-public-root

## What you see

    certificate verify failed: unable to get local issuer certificate
    certificate verify failed: self-signed certificate in certificate chain

on a public server that browsers and newer machines accept.

## What happened

certifi is the list of public authorities that Python programs bring along. Authorities are added to
it over the years. The one behind this server was added after the release that is installed here, so
the list is too old for it.

## How we know

The authority was looked up by its name and its key among all roots that certifi's releases had
since 2015. It first appears in a release after the installed one.

## What to do

Update certifi where the failing program runs: `python -m pip install --upgrade certifi`, in the
same virtual environment. pip brings a list of its own; update pip itself
(`python -m pip install --upgrade pip`). Where pip is what fails, download the new release on
another machine, carry the file over and install it from there.

## What not to do

Do not add the one missing root by hand: a list that old lacks others too, and still trusts some
that were withdrawn. Do not switch verification off.

## References

- certifi's release notes
- pip documentation, "HTTPS Certificates"
"""


def recognise(case: Case) -> Finding | None:
    """Certifi fails, and the authority came with a later release of it."""
    authority, certifi = top(case), case.recording.certifi
    if authority is None or certifi is None or StoreName.CERTIFI not in lacking(case):
        return None
    root = authority.certificate
    held_by = holders(case, root) if root else ()
    public = standing(authority)
    if public.standing is not Standing.CURRENT or StoreName.CERTIFI in held_by:
        return None
    if not newer_than(certifi.version, public.roots[0].sha256):
        return None
    release = min((each.first for each in public.roots), key=version_key)
    return Finding(
        summary=(
            f"certifi {certifi.version} is too old for {case.target.label}: it does not know the"
            f" public authority {tick(authority.name.short)}, which certifi has since {release}"
        ),
        confidence=authority.confidence,
        who=Who.USER,
        evidence=(
            f"the chain leads to {tick(authority.name.text)}",
            identified_by(authority, public.roots[0].label),
            f"the first certifi release with it is {release}",
            *([f"it is in {stores_words(held_by)}"] if held_by else []),
        ),
        needs=(UpgradeCertifi(release),),
    )


CAUSE = Cause(
    id="newer-public-root",
    summary="the installed certifi is older than the authority behind this server",
    rank=304,
    explanation=EXPLANATION,
    recognise=recognise,
    covers=("anchor-nowhere", "anchor-only-in-system-store"),
)
