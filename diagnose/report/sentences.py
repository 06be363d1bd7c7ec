"""What every format says in the same words: the conclusion, a store, an anchor, the gap."""

from __future__ import annotations

from collections.abc import Sequence

from diagnose.model.attempt import Failure, Profile, Stage
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Diagnosis, Who
from diagnose.model.store import Store, StoreName
from diagnose.model.target import Direct, ThroughProxy
from diagnose.model.text import count
from diagnose.model.verdict import Verdict
from diagnose.model.walk import (
    Anchored,
    BudgetSpent,
    Gap,
    IssuerMissing,
    NothingSent,
    PartlyAnchored,
    UntrustedRoot,
    Walk,
)

WHO = {
    Who.USER: "you can mend this yourself",
    Who.IT: "your IT department must act",
    Who.SERVER_OWNER: "the owner of the server must act",
    Who.NETWORK_OWNER: "whoever runs the network or the proxy must act",
    Who.NOBODY: "nothing needs to be done",
}

_STAGES = {
    Stage.STORE: "while loading the file",
    Stage.RESOLVE: "while looking up the name",
    Stage.CONNECT: "while connecting",
    Stage.PROXY: "at the proxy",
    Stage.STARTTLS: "during STARTTLS",
    Stage.HANDSHAKE: "during the TLS handshake",
    Stage.VERIFY: "during verification",
}

PLACES = {
    "sent": "the chain sent",
    "certifi": "certifi",
    "bundle": "the bundle",
    "system": "the operating system's store",
    "caIssuers": "the caIssuers address",
}


def conclusion(case: Case, diagnoses: Sequence[Diagnosis]) -> tuple[str, Who]:
    """The sentence on top, and who must act: the most urgent diagnosis decides."""
    finding = next((each.finding for each in diagnoses if not each.finding.remark), None)
    if finding is None:
        verified = [str(PLACES[name]) for name in case.stores_that(Verdict.VERIFIES)]
        trusted = f"trusted by {listing(verified)}" if verified else "not judged by any store"
        return f"{case.target.label} is {trusted}; {WHO[Who.NOBODY]}", Who.NOBODY
    return f"{_sentence(finding.summary, case)}; {WHO[finding.who]}", finding.who


def _sentence(summary: str, case: Case) -> str:
    """With a capital letter, unless it begins with the name of the host, which has none."""
    if summary.startswith((case.target.shown, case.target.host)):
        return summary
    return f"{summary[0].upper()}{summary[1:]}"


def where(store: Store) -> str:
    """Where a store lives and what chose it: `/etc/ssl/cert.pem, 142 anchors, chosen by …`."""
    if not store.configured:
        return "; ".join(store.notes)
    places = " and ".join(store.places) or "no file"
    anchors = "anchors not readable" if store.anchors is None else count(store.anchors, "anchor")
    listed = "" if store.complete or store.anchors is None else " listed"
    return f"{places}, {anchors}{listed}, chosen by {store.chosen_by}"


def reason(case: Case, name: StoreName) -> str:
    """Why a store has its verdict, in one line."""
    match case.verdict(name):
        case Verdict.NOT_CONFIGURED:
            return "no option, variable or pip setting names a bundle"
        case Verdict.VERIFIES:
            anchor = anchor_of(case, case.walks.get(name))
            return f"anchor `{anchor.subject.short}`" if anchor else "the connection was verified"
        case Verdict.FAILS | Verdict.NOT_REACHED:
            failure = case.failure(name)
            return failure_words(failure) if failure else "there was no connection"


def failure_words(failure: Failure) -> str:
    """The native words, with stage, code and depth where they are known."""
    parts = []
    if failure.stage is Stage.VERIFY:
        if failure.code is not None:
            parts.append(f"code {_code(failure.code)}")
        if failure.depth is not None:
            parts.append(f"at depth {failure.depth}")
    else:
        parts.append(_STAGES[failure.stage])
    return f"{failure.words} ({' '.join(parts)})" if parts else failure.words


def strict_words(case: Case, name: StoreName) -> str:
    """What the strict profile adds to a store's line; empty where it says the same."""
    attempt = case.observation.attempt(name, Profile.STRICT)
    if attempt is None:
        return ""
    if attempt.failure is None:
        if case.verdict(name) is Verdict.FAILS:
            return "verifies under the strict profile of Python 3.13 (partial chains allowed)"
        return ""
    if case.verdict(name) is Verdict.FAILS:
        return ""
    return f"strict profile of Python 3.13: {failure_words(attempt.failure)}"


def route_words(case: Case) -> str:
    """The way to the target."""
    match case.target.route:
        case Direct():
            return "directly"
        case ThroughProxy() as proxy:
            return f"through the proxy {proxy.url} ({proxy.chosen_by})"


def anchor_of(case: Case, walk: Walk | None) -> Certificate | None:
    """The anchor that a walk ends in, by the path that OpenSSL takes, else by the best one."""
    if walk is None:
        return None
    for path in (walk.greedy, walk.best):
        match path.end:
            case Anchored(anchor=anchor) | PartlyAnchored(anchor=anchor):
                return case.certificates[anchor]
            case UntrustedRoot() | IssuerMissing() | BudgetSpent() | NothingSent():
                continue
    return None


def missing_issuer(case: Case) -> Gap | None:
    """The gap of the first failing store that lacks something; None where nothing is missing."""
    for name in case.stores_that(Verdict.FAILS):
        walk = case.walks.get(name)
        if walk is None:
            continue
        match walk.best.end:
            case IssuerMissing(gap=gap) | UntrustedRoot(gap=gap) | PartlyAnchored(gap=gap):
                return gap
            case Anchored() | BudgetSpent() | NothingSent():
                continue
    return None


def found_words(gap: Gap) -> str:
    """Where the missing issuer was found, or looked for."""
    if gap.found_in:
        return f"found in {listing([PLACES[each] for each in gap.found_in])}"
    return f"looked for in {listing([PLACES[each] for each in gap.looked_in])}"


def _code(code: int) -> str:
    return str(code) if -100_000 < code < 100_000 else f"0x{code & 0xFFFFFFFF:08X}"


def listing(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
