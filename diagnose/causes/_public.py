"""The authority at the top of a chain, and whether certifi ever had it.

The facts about certifi's releases are in `chain.public_roots`; here a case is held against them.
"""

from __future__ import annotations

import hashlib

from diagnose.causes._shared import tick
from diagnose.chain.public_roots import (
    IssuerStanding,
    Standing,
    by_name_and_key,
    classify,
)
from diagnose.chain.walk import SENT
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate, Name
from diagnose.model.diagnosis import Confidence
from diagnose.model.nouns import dataclass
from diagnose.model.walk import (
    Anchored,
    BudgetSpent,
    Gap,
    IssuerMissing,
    NothingSent,
    PartlyAnchored,
    UntrustedRoot,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """What a chain leads to: an anchor, an untrusted root, or an issuer that is missing.

    `certificate` is None where nobody here has it; then only its name and the key identifier
    (hex) that the certificate below asks for are known.
    """

    name: Name
    key_id: str | None
    certificate: Certificate | None = None

    @property
    def confidence(self) -> Confidence:
        """How surely it is the root of this name: names and key identifiers can be chosen freely.

        A key cannot, so a certificate at hand leaves no doubt.
        """
        if self.certificate is not None:
            return Confidence.CERTAIN
        return Confidence.LIKELY if self.key_id is not None else Confidence.POSSIBLE


def top(case: Case) -> Authority | None:
    """The authority that the best path over everything leads to."""
    match case.reach.best.end:
        case Anchored(anchor=found) | UntrustedRoot(root=found):
            certificate = case.certificates[found]
            return Authority(certificate.subject, certificate.key_id, certificate)
        case PartlyAnchored(gap=gap) | IssuerMissing(gap=gap):
            return Authority(gap.issuer, gap.key_id)
        case BudgetSpent() | NothingSent():
            return None


def standing(authority: Authority) -> IssuerStanding:
    """What certifi's releases say of it: by its key where the certificate is at hand."""
    digest = hashlib.sha256(authority.name.der).hexdigest()
    if authority.certificate is None:
        return classify(digest, authority.key_id)
    key = authority.certificate.spki_sha256
    namesakes = by_name_and_key(digest, None)
    same = [root for root in namesakes if root.spki_sha256 == key]
    if not same:
        return IssuerStanding(Standing.NEVER, namesakes=namesakes)
    return classify(digest, same[0].key_ids[0])


def identified_by(authority: Authority, label: str) -> str:
    """The evidence for `standing`: what was compared with the public root of this label."""
    root = f"the public root {tick(label)}"
    if authority.certificate is not None:
        return f"its name and key are those of {root}"
    if authority.key_id is not None:
        return f"its name and key identifier are those of {root}; it is not at hand itself"
    return f"its name is that of {root}; its key is not known, so only the name could be compared"


def likely_intermediate(case: Case) -> Gap | None:
    """The gap right above the server's certificate, where likely an intermediate is missing.

    So it is when the certificate names an address of its issuer, which authorities do and home-made
    roots do not, or when the server sends a namesake of the issuer. Not when the issuer is a public
    root, or when a store has a namesake: then that store is out of date.
    """
    end = case.reach.best.end
    if not isinstance(end, IssuerMissing) or case.leaf is None:
        return None
    gap = end.gap
    if gap.child != case.leaf.sha256:
        return None
    if standing(Authority(gap.issuer, gap.key_id)).standing is not Standing.NEVER:
        return None
    if any(place != SENT for miss in gap.near_misses for place in miss.where):
        return None
    return gap if case.leaf.ca_issuers or gap.near_misses else None
