"""A bundle stands in the place of certifi and lacks what certifi has."""

from __future__ import annotations

from diagnose.causes._shared import (
    behind,
    holders,
    places_words,
    reached_anchor,
    tick,
    unsent_intermediates,
    without,
)
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    TrustAnchor,
    UnsetSetting,
    Who,
)
from diagnose.model.store import BundleSetting, StoreName
from diagnose.model.text import count, printable
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# bundle-shadows

## What you see

    certificate verify failed: unable to get local issuer certificate

for a public server, from programs that were told to use a bundle; without the bundle they work.

## What happened

A bundle is a file with the authorities that a program shall trust. A program that is given one (by
`--cert`, PIP_CERT, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE) uses it instead of its own
list, not beside it. This bundle lacks the authority behind this server; certifi has it. Typical: a
bundle with nothing but the company's own authority, or an old copy of a public list.

## How we know

The same server was asked with certifi and was verified; with the bundle it was refused. The
authority at the end of the chain is in certifi and not in the bundle.

## What to do

If nobody needs the bundle any more, remove the setting. If it is needed for other servers, make one
file of both and name that one: certifi's file (`python -m certifi` prints its path) followed by the
company's authority, in PEM form and without a byte order mark.

## What not to do

Do not switch verification off. Do not delete the company's authority from the bundle: servers
inside the company, or the company's filter, still need it.

## References

- requests documentation, "SSL Cert Verification"; pip documentation, "HTTPS Certificates"
- OpenSSL documentation, openssl-env(7): SSL_CERT_FILE
"""


def recognise(case: Case) -> Finding | None:
    """Certifi verifies, and the bundle fails for lack of the anchor that certifi has."""
    anchor = reached_anchor(case)
    setting = _probed(case)
    if anchor is None or setting is None or unsent_intermediates(case):
        return None
    if case.verdict(StoreName.CERTIFI) is not Verdict.VERIFIES:
        return None
    if StoreName.BUNDLE not in without(case, anchor):
        return None
    certifi, bundle = case.store(StoreName.CERTIFI), case.store(StoreName.BUNDLE)
    held = "" if bundle.anchors is None else f", which holds {count(bundle.anchors, 'anchor')},"
    return Finding(
        summary=(
            f"{tick(printable(setting.path))} ({setting.source}) takes the place of the usual trust"
            f" store and lacks {tick(anchor.subject.short)},"
            f" {behind(case, anchor)}; certifi has it"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=(
            f"the chain ends in {tick(anchor.subject.text)}",
            f"with certifi ({places_words(certifi)}) the connection was verified",
            f"the bundle{held} does not have this certificate",
        ),
        needs=(
            UnsetSetting(setting.source, setting.path),
            TrustAnchor(
                anchor.subject.short,
                anchor.sha256,
                holders(case, anchor),
                next(iter(certifi.places), None),
            ),
        ),
    )


def _probed(case: Case) -> BundleSetting | None:
    settings = case.recording.bundle_settings
    return next((setting for setting in settings if setting.probed), None)


CAUSE = Cause(
    id="bundle-shadows",
    summary="a bundle replaces certifi in the programs that obey it, and lacks an authority",
    rank=316,
    explanation=EXPLANATION,
    recognise=recognise,
)
