"""Connections to one server were shown different certificates."""

from __future__ import annotations

from diagnose.causes._shared import store_words, tick
from diagnose.model.attempt import Profile, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, Who
from diagnose.model.store import StoreName
from diagnose.model.text import count
from diagnose.model.verdict import Verdict

#: Troubles that say that no anchor was reached.
_ANCHORLESS = (Trouble.ISSUER_UNKNOWN, Trouble.ROOT_UNTRUSTED, Trouble.SELF_SIGNED_LEAF)

EXPLANATION = """\
# connections-disagree

## What you see

A server that is trusted at one moment and refused at the next, or on one machine and not on its
neighbour, with the same program.

## What happened

Several connections were made to the same name, and they were not all shown the same certificate.
Often several machines share the name and one of them has an older certificate or another chain;
right after a renewal that is normal for a while. A filter that makes up a new certificate for each
connection looks the same.

## How we know

The SHA-256 fingerprints of the server certificates differ between the connections of this run. The
report names the address that each connection reached.

## What to do

Run the check again. If it stays, tell the server's owner the addresses and fingerprints: the
certificate must be the same on all of the machines. The other diagnoses speak of the certificate
that was kept for the report, and may not hold for the other one.

## What not to do

Do not change any trust setting because of this alone: it explains no refusal by itself.

## References

- RFC 8446 section 4.4.2: each connection is shown its own certificate message
"""


def recognise(case: Case) -> Finding | None:
    """The end-entity certificates of the connections differ."""
    seen = _seen(case)
    different = {leaf for _, leaf, _ in seen}
    if len(different) < 2:
        return _contradiction(case)
    return Finding(
        summary=(
            f"the connections to {case.target.label} were shown"
            f" {count(len(different), 'different server certificate')}; what is said here may not"
            " hold for each of them"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.NOBODY,
        evidence=tuple(
            f"{who}{f' at {tick(address)}' if address else ''}: SHA-256 {leaf}"
            for who, leaf, address in seen
        ),
        remark=True,
    )


def _contradiction(case: Case) -> Finding | None:
    """Answers that cannot all be about the chain that is shown: other chains, same certificate."""
    said = [words for name in case.walks if (words := _contradicts(case, name))]
    if not said:
        return None
    return Finding(
        summary=(
            f"the connections to {case.target.label} were likely shown different chains: one"
            " machine of several behind that name likely sends an incomplete one"
        ),
        confidence=Confidence.LIKELY,
        who=Who.SERVER_OWNER,
        evidence=tuple(said),
    )


def _contradicts(case: Case, name: StoreName) -> str:
    """What one store said that the chain shown cannot explain; empty where it fits."""
    walk, failure = case.walks[name], case.failure(name)
    strict = case.failure(name, Profile.STRICT)
    verifies = case.verdict(name) is Verdict.VERIFIES
    if verifies and strict is not None and strict.trouble in _ANCHORLESS:
        return f"{store_words(name)} verified once, and then could not: {strict.words}"
    if verifies and case.store(name).complete and not walk.best.anchored:
        return f"{store_words(name)} verified, though the chain shown does not lead to it"
    if failure is not None and failure.trouble in _ANCHORLESS and walk.greedy.sound:
        return f"{store_words(name)} could not verify, though the chain shown leads to it"
    return ""


def _seen(case: Case) -> list[tuple[str, str, str | None]]:
    """Which connection saw which certificate, at which address."""
    capture = case.observation.capture
    shown = "the connection whose chain is shown"
    kept = [(shown, capture.chain[0], capture.address)] if capture.chain else []
    return kept + [
        (
            store_words(each.store) + (" (strict)" if each.profile is Profile.STRICT else ""),
            each.leaf,
            each.address,
        )
        for each in case.observation.attempts
        if each.leaf is not None
    ]


CAUSE = Cause(
    id="connections-disagree",
    summary="the connections were shown different server certificates",
    rank=360,
    explanation=EXPLANATION,
    recognise=recognise,
)
