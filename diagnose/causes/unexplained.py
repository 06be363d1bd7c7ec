"""A failure that no other cause explains: said as it is, with the library's own words."""

from __future__ import annotations

from diagnose.causes._shared import store_words
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, Who
from diagnose.model.verdict import Verdict
from diagnose.model.walk import BudgetSpent

EXPLANATION = """\
# unexplained

## What you see

Any message that no other entry of `diagnose causes` describes.

## What happened

The connection failed, and the facts that could be gathered fit none of the causes that this tool
knows. Rather than guess, it repeats what the libraries said.

## How we know

All other causes were tried on the same facts, and none was recognised.

## What to do

Save the facts with `diagnose check HOST --save facts.json` and send the file to someone who can
read the library's words, or report it as a defect of this tool: a failure without a name is one.

## What not to do

Do not add certificates or change settings on a guess.

## References

- docs/causes.md lists every cause that is known
"""


def recognise(case: Case) -> Finding | None:
    """The first failing store that is asked about, with its own words."""
    for name in case.asked:
        failure = case.failure(name)
        if case.verdict(name) in (Verdict.VERIFIES, Verdict.NOT_CONFIGURED) or failure is None:
            continue
        code = f" (code {failure.code})" if failure.code is not None else ""
        return Finding(
            summary=(
                f"the connection to {case.target.label} failed with {store_words(name)},"
                f" and no known cause fits: {failure.words}{code}"
            ),
            confidence=Confidence.CERTAIN,
            who=Who.IT,
            evidence=(
                f"stage {failure.stage}, trouble {failure.trouble}: {failure.words}",
                *_spent(case),
            ),
        )
    return None


def _spent(case: Case) -> tuple[str, ...]:
    """Where the search for a path was given up, nothing can be said of the anchor."""
    match case.reach.best.end:
        case BudgetSpent(links_tried=tried):
            return (f"the search for a path was given up after {tried} links",)
        case _:
            return ()


CAUSE = Cause(
    id="unexplained",
    summary="the connection failed, and no known cause fits",
    rank=990,
    explanation=EXPLANATION,
    recognise=recognise,
)
