"""A setting names a trust file that is not there; or certifi's own file is gone."""

from __future__ import annotations

from diagnose.causes._files import BadFile, bad_files, settings_of, shown
from diagnose.causes._shared import listing
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    InstallSystemStore,
    Need,
    UnsetSetting,
    UpgradeCertifi,
    Who,
)
from diagnose.model.store import DefectKind, Integrity, StoreName

EXPLANATION = """\
# bundle-missing

## What you see

    OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /etc/ssl/corp.pem
    FileNotFoundError: [Errno 2] No such file or directory
    curl: (77) error setting certificate file: /etc/ssl/corp.pem
    certificate verify failed: unable to get local issuer certificate

## What happened

A variable, an option or pip's configuration says where the list of trusted authorities is (a
bundle), and there is no such file. Often it was set for another machine, an older installation or
another product, or its name has a typing error, a blank at the end or quotation marks.

## How we know

The file was looked for under exactly this name. What programs do then differs: requests and pip
stop and name the path, httpx stops and names none, curl stops, uv since 0.12 trusts nothing.
OpenSSL and all that use its default paths say nothing and go on with what else they find.

## What to do

Take the setting away, or write the right path into it. Where it is set: the shell's start files,
the Windows dialog for environment variables, conda's activation, an image's Dockerfile;
`python -m pip config debug` for pip's own files. Open a new terminal afterwards.

## What not to do

Do not switch verification off. Do not put just any file at the missing place: the bundle replaces
the whole list in most programs, so that everything else would stop working.

## References

- requests documentation, "SSL Cert Verification", https://requests.readthedocs.io
- OpenSSL documentation, SSL_CTX_set_default_verify_paths, https://www.openssl.org/docs/
- pip documentation, "Configuration"
"""

#: What the programs do that obey a setting, when its file is not there; measured on Linux.
_CONSEQUENCES = {
    "--bundle": "this check cannot use it",
    "REQUESTS_CA_BUNDLE": "requests and pip stop with `OSError`, which names the path",
    "CURL_CA_BUNDLE": ("curl stops (77); so do requests and pip while REQUESTS_CA_BUNDLE is unset"),
    "SSL_CERT_FILE": (
        "OpenSSL passes over it in silence; httpx stops with `FileNotFoundError`, which names no"
        " path; uv since 0.12 trusts nothing; requests does not read it"
    ),
    "SSL_CERT_DIR": "OpenSSL passes over it in silence; requests does not read it",
}
_PIP_STOPS = "pip stops with `OSError`, which names the path"


def recognise(case: Case) -> Finding | None:
    """A trust file that does not exist; a remark while no store is read from it."""
    missing = [bad for bad in bad_files(case) if bad.kind is DefectKind.MISSING]
    if not missing:
        return None
    first = missing[0]
    settings = settings_of(case, first)
    who, needs = _mending(case, first, settings)
    return Finding(
        summary=_summary(first, settings),
        confidence=Confidence.CERTAIN,
        who=who,
        evidence=(
            *(f"{bad.words} {bad.defects[0].detail}" for bad in missing[:5]),
            *(f"{each}: {_CONSEQUENCES.get(each, _PIP_STOPS)}" for each in settings),
        ),
        needs=needs,
        remark=not first.blocks,
    )


def _summary(bad: BadFile, settings: tuple[str, ...]) -> str:
    if settings:
        names = "names" if len(settings) == 1 else "name"
        return (
            f"{listing(settings)} {names} the trust file {shown(bad.path)},"
            f" which {bad.defects[0].detail}"
        )
    return (
        f"{listing(bad.sources)} would read its trusted authorities from {shown(bad.path)},"
        f" which {bad.defects[0].detail}"
    )


def _mending(case: Case, bad: BadFile, settings: tuple[str, ...]) -> tuple[Who, tuple[Need, ...]]:
    if settings:
        return Who.USER, tuple(UnsetSetting(source, bad.path) for source in settings)
    facts = case.recording.certifi
    if StoreName.CERTIFI not in bad.stores or facts is None:
        return Who.IT, (InstallSystemStore(),)
    # A distribution's certifi reads the system's file: then that package is what is missing.
    if facts.integrity is Integrity.REDIRECTED:
        return Who.USER, (InstallSystemStore(),)
    return Who.USER, (UpgradeCertifi(None),)


CAUSE = Cause(
    id="bundle-missing",
    summary="a setting names a trust file that does not exist",
    rank=110,
    explanation=EXPLANATION,
    recognise=recognise,
    # A bundle without a file "lacks" every anchor.
    covers=("anchor-nowhere", "bundle-shadows"),
)
