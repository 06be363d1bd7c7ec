"""A certificate was refused by a rule that no other cause here is about."""

from __future__ import annotations

from diagnose.causes._shared import (
    do,
    holders,
    lacking,
    position,
    reached_anchor,
    store_words,
    stores_words,
    tick,
)
from diagnose.model.attempt import Failure, Stage, Trouble
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
from diagnose.model.nouns import dataclass
from diagnose.model.store import StoreName
from diagnose.model.verdict import Verdict

#: What each rule says of a certificate: "it ...".
_RULES = {
    Trouble.PURPOSE: "was not issued for web servers (wrong purpose)",
    Trouble.PATH_LENGTH: "stands in a chain longer than an authority in it allows",
    Trouble.NAME_CONSTRAINTS: "has a name for which an authority in the chain may not vouch",
    Trouble.CRITICAL_EXTENSION: "has a part marked as critical that the TLS library does not know",
    Trouble.WEAK_KEY: "has a key that is too short for the security level here",
    Trouble.WEAK_DIGEST: "was signed with an outdated digest (SHA-1 or MD5)",
    Trouble.REVOKED: "was revoked, that is, taken back by its authority",
    Trouble.NOT_A_CA: "is used as an authority without being marked as one",
    Trouble.BAD_SIGNATURE: "has a signature that does not fit the key of its issuer",
    Trouble.UNTRUSTED: "is marked as not trusted for this purpose",
    Trouble.OTHER: "breaks a rule that has no name here",
}

#: An anchor that is missing explains these well enough; other causes are about that.
_FOLLOW_FROM_A_MISSING_ANCHOR = frozenset({Trouble.OTHER, Trouble.UNTRUSTED, Trouble.BAD_SIGNATURE})

#: X509_V_ERR_EE_KEY_TOO_SMALL: about the end-entity certificate, whatever the depth.
_EE_KEY_TOO_SMALL = 66

EXPLANATION = """\
# verification-failed

## What you see

    certificate verify failed: unsuitable certificate purpose
    certificate verify failed: EE certificate key too weak
    certificate verify failed: CA signature digest algorithm too weak
    certificate verify failed: permitted subtree violation
    certificate verify failed: path length constraint exceeded
    certificate verify failed: invalid CA certificate

## What happened

The chain of certificates leads where it should, or nearly, and then a rule for certificates is
broken: what one may be used for, how long a chain may be, for which names an authority may vouch,
how strong keys and signatures must be.

## How we know

The library that checks certificates gave this code and these words; they are repeated as they are.
`depth` counts certificates from 0, the server's own.

## What to do

- The server's certificate (depth 0): its owner must have a new one issued. Ask for "a certificate
  for a TLS server", with a key of at least 2048 bits (RSA) and a signature with SHA-256.
- An authority above it: whoever runs that authority must issue it again.

Some of these rules depend on the program: Debian's and Ubuntu's OpenSSL refuse short keys and SHA-1
that curl with GnuTLS, or another machine, accepts. The certificate is at fault all the same.

## What not to do

Do not lower the security level (`SECLEVEL`) and do not switch verification off. To add an authority
to a trust store does not help where a rule is broken.

## References

- RFC 5280 sections 4.2 and 6.1: extensions, and how a path is validated
- OpenSSL documentation, openssl-verification-options and X509_STORE_CTX_get_error,
  https://www.openssl.org/docs/
"""


@dataclass(frozen=True, slots=True)
class _Refusal:
    store: StoreName
    failure: Failure


def recognise(case: Case) -> Finding | None:
    """The first store's refusal by such a rule, and the stores that say the same."""
    refusals = [
        _Refusal(name, failure)
        for name in case.stores_that(Verdict.FAILS)
        if (failure := case.failure(name)) and _is_ours(case, name, failure)
    ]
    if not refusals:
        return None
    first = refusals[0].failure
    same = tuple(each.store for each in refusals if each.failure.trouble is first.trouble)
    broken = _certificate(case, refusals[0])
    rule = _RULES[first.trouble]
    who, needs = _mending(case, broken, rule)
    return Finding(
        summary=(
            f"{stores_words(same)} {do(same, 'refuses', 'refuse')} {_which(case, broken)}"
            f" {case.target.label}: it {rule}"
        ),
        confidence=Confidence.CERTAIN,
        who=who,
        evidence=tuple(_said(each) for each in refusals),
        needs=needs,
    )


def _is_ours(case: Case, name: StoreName, failure: Failure) -> bool:
    if failure.stage is not Stage.VERIFY or failure.trouble not in _RULES:
        return False
    return not (failure.trouble in _FOLLOW_FROM_A_MISSING_ANCHOR and name in lacking(case))


def _certificate(case: Case, refusal: _Refusal) -> Certificate | None:
    """The certificate at the depth that was told, on the path that OpenSSL takes."""
    depth = 0 if refusal.failure.code == _EE_KEY_TOO_SMALL else refusal.failure.depth
    walk = case.walks.get(refusal.store)
    if depth is None or walk is None or not 0 <= depth < len(walk.greedy.certificates):
        return case.leaf if depth == 0 else None
    return case.certificates.get(walk.greedy.certificates[depth])


def _which(case: Case, broken: Certificate | None) -> str:
    if broken is None:
        return "a certificate in the chain of"
    if case.leaf is not None and broken.sha256 == case.leaf.sha256:
        return f"the certificate {tick(broken.subject.short)} of"
    return f"{tick(broken.subject.short)}, {position(case, broken)} behind"


def _mending(case: Case, broken: Certificate | None, rule: str) -> tuple[Who, tuple[Need, ...]]:
    if broken is None:
        return Who.SERVER_OWNER, ()
    name = broken.subject.short
    if case.leaf is not None and broken.sha256 == case.leaf.sha256:
        return Who.SERVER_OWNER, (RenewCertificate(name, broken.sha256),)
    anchor = reached_anchor(case)
    private = anchor is not None and StoreName.CERTIFI not in holders(case, anchor)
    return Who.IT if private else Who.SERVER_OWNER, (ReissueAuthority(name, rule),)


def _said(refusal: _Refusal) -> str:
    failure = refusal.failure
    code = f", code {failure.code}" if failure.code is not None else ""
    depth = f", depth {failure.depth}" if failure.depth is not None else ""
    return f"{store_words(refusal.store)}: {tick(failure.words)}{code}{depth}"


CAUSE = Cause(
    id="verification-failed",
    summary="a certificate breaks a rule for certificates",
    rank=400,
    explanation=EXPLANATION,
    recognise=recognise,
)
