"""Several settings name bundles, and the bundles differ."""

from __future__ import annotations

from diagnose.causes._files import obeyed_by, shown
from diagnose.causes._shared import listing
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, Who
from diagnose.model.store import BundleSetting
from diagnose.model.text import count

#: OpenSSL adds the one to the other: a file and a folder need not say the same.
_HALVES = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR"})

EXPLANATION = """\
# bundles-disagree

## What you see

One program works and another does not, on the same machine, with the same server: pip succeeds and
httpx fails, or curl succeeds and requests fails.

## What happened

There is no single setting for the list of trusted authorities (the bundle). Each program obeys one
of several variables or files, and here they name lists with different content.

## How we know

Every file that a setting names was read, and the certificates in them were compared, whatever their
order and form. The report says which programs obey which setting, and which one was probed.

## What to do

Let all of them name the same file. What is obeyed:

- REQUESTS_CA_BUNDLE: requests, pip, twine, poetry; before it comes to CURL_CA_BUNDLE
- CURL_CA_BUNDLE: curl; requests and pip while the first is unset
- PIP_CERT, pip's option `--cert` and configuration: pip, while both of them are unset
- SSL_CERT_FILE, SSL_CERT_DIR: OpenSSL itself, httpx, uv, curl, truststore and pip since 24.2

pip since 24.2 adds its bundle to the operating system's store; requests replaces its list by it.

## What not to do

Do not delete a bundle before you know which program needs it. A difference is no fault by itself.

## References

- requests documentation, "SSL Cert Verification", https://requests.readthedocs.io
- pip documentation, "HTTPS Certificates"
- OpenSSL documentation, SSL_CTX_set_default_verify_paths, https://www.openssl.org/docs/
"""


def recognise(case: Case) -> Finding | None:
    """Readable bundles that differ; a file and a folder for OpenSSL alone do not count."""
    readable = [each for each in case.recording.bundle_settings if each.digest is not None]
    differing = {each.digest for each in readable}
    if len(differing) < 2 or {each.source for each in readable} <= _HALVES:
        return None
    return Finding(
        summary=(
            f"{listing([each.source for each in readable])} name trust files with different"
            " content, so that programs can disagree about the same server"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=tuple(_line(each) for each in readable),
        remark=True,
    )


def _line(setting: BundleSetting) -> str:
    anchors = count(setting.anchors or 0, "authority", "authorities")
    probed = ", probed here" if setting.probed else ""
    return (
        f"{setting.source} names {shown(setting.path)} ({anchors}{probed}),"
        f" obeyed by {obeyed_by(setting.source)}"
    )


CAUSE = Cause(
    id="bundles-disagree",
    summary="several settings name bundles with different content",
    rank=370,
    explanation=EXPLANATION,
    recognise=recognise,
)
