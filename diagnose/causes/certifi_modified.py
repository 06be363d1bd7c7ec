"""certifi's list here is not the one that its release shipped."""

from __future__ import annotations

from diagnose.causes._files import shown
from diagnose.causes._shared import holders, lacking, listing, reached_anchor, tick
from diagnose.chain.public_roots import in_release
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    Need,
    TrustAnchor,
    UpgradeCertifi,
    Who,
)
from diagnose.model.store import CertifiFacts, Integrity, StoreName
from diagnose.model.text import count
from diagnose.model.verdict import Verdict

#: Names in the sentence; the rest is counted.
_MOST_NAMES = 3

EXPLANATION = """\
# certifi-modified

## What you see

Usually nothing: requests or an older pip trusts a company's authority although nobody set a bundle.
After an update of certifi, or in a new virtual environment, it suddenly does not:

    certificate verify failed: unable to get local issuer certificate

## What happened

certifi is a package with one list of public authorities. Here the list is not the published one.
Somebody added an authority to the file, took some away, or the operating system's package of
certifi was made to read the operating system's list instead.

## How we know

The installation keeps a digest of the file that the release shipped (RECORD), and the file has
another one. Every authority in it was compared with all that certifi releases have had since 2015.

## What to do

If it was the distribution (Debian, Homebrew and others do it), nothing: it is meant so.

If an authority was added to the file by hand, expect it to vanish with the next update. Better give
programs the operating system's list (pip does so by itself since 24.2; other programs with the
package truststore), or name a bundle by the variable that they obey.

If public authorities are missing from it, install certifi again:
`python -m pip install --force-reinstall certifi`.

## What not to do

Do not add to certifi's file. Do not replace a changed one before you know who needs the additions.

## References

- certifi documentation: "certifi does not support any addition/removal"
- PEP 376 and the recording of installed projects: RECORD
- truststore documentation, https://truststore.readthedocs.io
"""


def recognise(case: Case) -> Finding | None:
    """A changed list: a remark, unless it lost the very authority that this server needs."""
    facts = case.recording.certifi
    if facts is None:
        return None
    changed = facts.integrity in (Integrity.MODIFIED, Integrity.REDIRECTED)
    if not changed and not facts.added:
        return None
    lost = _lost(case, facts)
    return _loss(case, facts, lost) if lost is not None else _remark(case, facts)


def _lost(case: Case, facts: CertifiFacts) -> Certificate | None:
    """The anchor of this chain, where the release shipped it and the file here lacks it."""
    anchor = reached_anchor(case)
    if anchor is None or StoreName.CERTIFI not in lacking(case):
        return None
    return anchor if in_release(facts.version, anchor.sha256) else None


def _loss(case: Case, facts: CertifiFacts, lost: Certificate) -> Finding:
    name = lost.subject.short
    need: Need = UpgradeCertifi(None)
    if facts.integrity is Integrity.REDIRECTED:
        # To install certifi again would not change what the distribution made it read.
        need = TrustAnchor(name, lost.sha256, holders(case, lost))
    return Finding(
        summary=(
            f"certifi's list here was changed and lacks {tick(name)}, a public authority"
            f" that certifi {facts.version} has"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=(_state(facts), f"the chain ends in {tick(lost.subject.text)}"),
        needs=(need,),
    )


def _remark(case: Case, facts: CertifiFacts) -> Finding:
    anchor = reached_anchor(case)
    evidence = [_state(facts)]
    if facts.added:
        names = listing([tick(name) for name in facts.added_names], _MOST_NAMES)
        evidence.append(f"in no certifi release: {names}")
    verified = case.verdict(StoreName.CERTIFI) is Verdict.VERIFIES
    if anchor is not None and anchor.sha256 in facts.added and verified:
        evidence.append("certifi trusts this server only because of what was added")
    distributions = facts.integrity is Integrity.REDIRECTED
    return Finding(
        summary=_summary(facts),
        confidence=Confidence.CERTAIN,
        who=Who.NOBODY if distributions else Who.USER,
        evidence=tuple(evidence),
        remark=True,
    )


def _summary(facts: CertifiFacts) -> str:
    if facts.added:
        number = count(len(facts.added), "authority", "authorities")
        which = listing([tick(name) for name in facts.added_names], _MOST_NAMES)
        was = "was" if len(facts.added) == 1 else "were"
        fate = "" if facts.integrity is Integrity.REDIRECTED else "; an update of certifi undoes it"
        return f"{number} {was} added to the list that certifi gives: {which}{fate}"
    if facts.integrity is Integrity.REDIRECTED:
        return f"certifi gives another list than its own here: {shown(facts.where)}"
    return f"certifi's list here is not the one that certifi {facts.version} shipped"


def _state(facts: CertifiFacts) -> str:
    where = shown(facts.where)
    match facts.integrity:
        case Integrity.MODIFIED:
            return f"{where} has another digest than the release's RECORD says"
        case Integrity.REDIRECTED:
            return f"`certifi.where()` answers {where}, which is not the package's own file"
        case Integrity.SHIPPED | Integrity.UNKNOWN:
            return f"whether {where} is as it was shipped cannot be told"


CAUSE = Cause(
    id="certifi-modified",
    summary="certifi's list is not the one that its release shipped",
    rank=380,
    explanation=EXPLANATION,
    recognise=recognise,
    # Only where the loss itself is the finding: that another store has the anchor follows.
    covers=("anchor-only-in-system-store", "anchor-only-in-bundle"),
)
