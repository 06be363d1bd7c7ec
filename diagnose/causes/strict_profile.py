"""Accepted by most programs, refused by those that check RFC 5280 strictly."""

from __future__ import annotations

from diagnose.causes._public import standing, top
from diagnose.causes._shared import position, store_words, tick
from diagnose.causes._strict_rules import NAME_RULE, RULES, Rule
from diagnose.chain.public_roots import Standing
from diagnose.model.attempt import Failure, Profile, Trouble
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    Need,
    ReissueAuthority,
    RenewCertificate,
    Who,
)
from diagnose.model.store import StoreName
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# strict-profile

## What you see

    certificate verify failed: Missing Authority Key Identifier
    certificate verify failed: Basic Constraints of CA cert not marked critical
    certificate verify failed: CA cert does not include key usage extension

only from some Python programs, often since Python 3.13, while curl, git and pip are content.

## What happened

Since Python 3.13 `ssl.create_default_context()` holds certificates strictly against the standard
(RFC 5280). A certificate in this chain breaks a rule that others let pass. Such certificates are
mostly made by a company's own authority, or by a filter that inspects connections.

## How we know

The same store was asked twice, once as most programs do and once with the strict settings. Only the
strict one refused, with the rule that the diagnosis names.

## What to do

The owner of the named certificate should issue it again so that it keeps the rule: for a company's
root, IT; for certificates that a filter makes up, an update of the filter. Affected until then:
Python 3.13 or newer with its default settings, and there requests with urllib3 2.4 or newer, httpx
0.28 or newer and aiohttp. Not affected: pip, curl, git, older Pythons. A program of your own can
clear `ssl.VERIFY_X509_STRICT` in `verify_flags` of its context; everything else is still checked.

## What not to do

Do not set `verify=False` or CERT_NONE, which check nothing at all. Another copy of the same root
does not help; it breaks the same rule.

## References

- Python documentation, ssl.create_default_context, "Changed in version 3.13"
- OpenSSL documentation, X509_V_FLAG_X509_STRICT; RFC 5280 section 4.2
"""


def recognise(case: Case) -> Finding | None:
    """A store verifies by default and not under the strict profile."""
    refused = _refused(case)
    if not refused:
        return None
    name, failure = next(iter(refused.items()))
    rule = _rule(failure)
    culprit = _culprit(case, name, failure, rule)
    what = rule.words if rule else f"breaks a rule: {failure.words}"
    which = (
        f"{tick(culprit.subject.short)}, {position(case, culprit)},"
        if culprit
        else "a certificate of the chain"
    )
    authority = top(case)
    private = authority is not None and standing(authority).standing is Standing.NEVER
    return Finding(
        summary=(
            f"programs that check strictly, such as Python 3.13 and newer, refuse"
            f" {case.target.label}: {which} {what}; pip, curl and git do not mind"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.IT if private else Who.SERVER_OWNER,
        evidence=(
            *(
                f"{store_words(each)}: verified as usual, refused with the strict settings"
                f" (code {why.code}: {why.words})"
                for each, why in refused.items()
            ),
            *([f"the rule is in RFC 5280 section {rule.section}"] if rule else []),
            "affected: Python 3.13 and newer by default, requests there with urllib3 2.4 and newer",
            *_here(case),
        ),
        needs=_needs(case, culprit, what),
    )


def _refused(case: Case) -> dict[StoreName, Failure]:
    """The stores that verify by default, and what the strict profile said."""
    found = {}
    for name in case.stores_that(Verdict.VERIFIES):
        failure = case.failure(name, Profile.STRICT)
        # Anything else is no rule of strictness: the server answered differently this time.
        if failure is not None and failure.trouble in (Trouble.STRICT, Trouble.NAME_MISMATCH):
            found[name] = failure
    return found


def _rule(failure: Failure) -> Rule | None:
    if failure.trouble is Trouble.NAME_MISMATCH:
        return NAME_RULE
    return RULES.get(failure.code or 0)


def _culprit(
    case: Case, name: StoreName, failure: Failure, rule: Rule | None
) -> Certificate | None:
    """The certificate at the error's depth; without a depth, the first that breaks the rule."""
    walk = case.walks.get(name)
    path = [case.certificates[each] for each in walk.greedy.certificates] if walk else []
    if failure.depth is not None:
        return path[failure.depth] if 0 <= failure.depth < len(path) else None
    if rule is None or rule.broken_by is None:
        return None
    return next((each for each in path if rule.broken_by(each)), None)


def _here(case: Case) -> tuple[str, ...]:
    if case.surroundings.python_minor >= (3, 13):
        return ()
    return (f"Python {case.surroundings.python} here does not ask for it by default",)


def _needs(case: Case, culprit: Certificate | None, rule: str) -> tuple[Need, ...]:
    if culprit is None:
        return ()
    if case.leaf is not None and culprit.sha256 == case.leaf.sha256:
        return (RenewCertificate(culprit.subject.short, culprit.sha256),)
    return (ReissueAuthority(culprit.subject.short, rule),)


CAUSE = Cause(
    id="strict-profile",
    summary="programs that check certificates strictly refuse this server",
    rank=350,
    explanation=EXPLANATION,
    recognise=recognise,
)
