"""A trust file is there, and cannot be used as it is; or it can, and has something odd."""

from __future__ import annotations

from diagnose.causes._files import BadFile, bad_files, obeyed_by, settings_of, shown
from diagnose.causes._shared import store_words, tick
from diagnose.model.attempt import Stage
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    Need,
    RepairFile,
    UnsetSetting,
    UpgradeCertifi,
    Who,
)
from diagnose.model.store import DefectKind, FileDefect, Integrity, StoreName

EXPLANATION = """\
# bundle-malformed

## What you see

    [X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found
    [X509] PEM lib
    [SSL] PEM lib
    PermissionError: [Errno 13] Permission denied
    curl: (77) error setting certificate file

or, where the setting is SSL_CERT_FILE, nothing but "unable to get local issuer certificate".

## What happened

A list of trusted authorities (a bundle) is a text file of blocks between the lines
`-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----` (PEM). This file is something else, or
one block in it is damaged. OpenSSL refuses a file as a whole for one damaged block.

## How we know

The file was read and compared with what OpenSSL accepts. The report names the block and the line
where there is one. Other programs are laxer or stricter: uv and Go skip a damaged block; uv, Go and
keytool stumble over a byte order mark, which OpenSSL forgives.

## What to do

Make the file again from its source. The usual slips:

- binary form (DER, `.cer` from Windows): `openssl x509 -inform der -in FILE -out corp.pem`
- PKCS#7 (`.p7b`): `openssl pkcs7 -inform der -in FILE -print_certs -out corp.pem`
- UTF-16, from `>` in Windows PowerShell: write it again with `-Encoding ascii`
- two files joined without a line end between them: put END and BEGIN on lines of their own
- a folder without hashed names: `openssl rehash FOLDER`
- an HTML page: the download was a sign-in page; fetch it again in a browser

## What not to do

Do not switch verification off. A private key has no place in a bundle: take it out, and if others
could read the file, have it replaced.

## References

- RFC 7468: textual encodings of certificates
- OpenSSL documentation, X509_load_cert_crl_file, https://www.openssl.org/docs/
"""

#: No mending makes a trust file of these: the setting has the wrong name in it.
_WRONG_PLACE = frozenset({
    DefectKind.DIRECTORY,
    DefectKind.EMPTY_DIRECTORY,
    DefectKind.NOT_A_FILE,
    DefectKind.TOO_LARGE,
    DefectKind.PRIVATE_KEY_ONLY,
})  # fmt: skip
_FOLDERS = frozenset({
    DefectKind.DIRECTORY, DefectKind.EMPTY_DIRECTORY, DefectKind.UNHASHED_DIRECTORY,
})  # fmt: skip


def recognise(case: Case) -> Finding | None:
    """A file that no store can be read from; else, as a remark, what is odd in a named file."""
    bad = [each for each in bad_files(case) if each.kind is not DefectKind.MISSING]
    return _unusable(case, bad) if bad else _odd(case)


def _unusable(case: Case, bad: list[BadFile]) -> Finding:
    first = bad[0]
    settings = settings_of(case, first)
    thing = "folder" if first.kind in _FOLDERS else "file"
    return Finding(
        summary=f"the trust {thing} {first.words} {first.defects[0].detail}",
        confidence=Confidence.CERTAIN,
        who=_who(first, settings),
        evidence=(
            *(f"{shown(each.path)} {defect.detail}" for each in bad for defect in each.defects[:3]),
            *(f"{each} is obeyed by {obeyed_by(each)}" for each in settings),
            *_refusals(case, first),
        ),
        needs=_needs(case, first, settings),
        remark=not first.blocks,
    )


def _who(bad: BadFile, settings: tuple[str, ...]) -> Who:
    if settings or StoreName.CERTIFI in bad.stores:
        return Who.USER
    return Who.IT


def _needs(case: Case, bad: BadFile, settings: tuple[str, ...]) -> tuple[Need, ...]:
    facts = case.recording.certifi
    if StoreName.CERTIFI in bad.stores and facts and facts.integrity is not Integrity.REDIRECTED:
        return (UpgradeCertifi(None),)
    if settings and bad.kind in _WRONG_PLACE:
        return tuple(UnsetSetting(source, bad.path) for source in settings)
    return (RepairFile(bad.path, bad.kind, bad.sources[0]),)


def _refusals(case: Case, bad: BadFile) -> tuple[str, ...]:
    """What the TLS library said to the file."""
    return tuple(
        f"{store_words(name)}: {tick(failure.words)}"
        for name in bad.stores
        if (failure := case.failure(name)) and failure.stage is Stage.STORE
    )


def _odd(case: Case) -> Finding | None:
    """Only in files that a setting names: nobody here can change what the system ships."""
    found: dict[FileDefect, str] = {}
    for setting in case.recording.bundle_settings:
        for defect in setting.defects:
            if not defect.fatal:
                found.setdefault(defect, setting.source)
    if not found:
        return None
    first, source = next(iter(found.items()))
    return Finding(
        summary=f"the trust file {shown(first.path)} ({source}) {first.detail}",
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=tuple(f"{shown(each.path)} {each.detail}" for each in list(found)[:5]),
        needs=tuple(
            RepairFile(each.path, each.kind, named_by)
            for each, named_by in found.items()
            # A server's own certificate in a bundle can be meant so.
            if each.kind is not DefectKind.NOT_A_CA
        ),
        remark=True,
    )


CAUSE = Cause(
    id="bundle-malformed",
    summary="a trust file is damaged, or is no trust file",
    rank=112,
    explanation=EXPLANATION,
    recognise=recognise,
    # What cannot be read has no anchors; that is no second cause.
    covers=("anchor-nowhere", "bundle-shadows"),
)
