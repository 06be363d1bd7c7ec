"""The user's own shell: variables that name a wrong bundle, and files that can be mended."""

from __future__ import annotations

from diagnose.clients._shared import (
    call,
    configured_key,
    joined,
    quote_powershell,
    quote_sh,
    restore_variable,
    set_variable,
    unset_variable,
)
from diagnose.model.case import Case
from diagnose.model.diagnosis import Need, RepairFile, UnsetSetting, Who
from diagnose.model.nouns import dataclass
from diagnose.model.remedy import Commands, Prescriber, Remedy
from diagnose.model.store import DefectKind
from diagnose.model.surroundings import TRUST_VARIABLES, Platform

NAME = "your shell"


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a good file is written; `{here}` is the bad one and `{there}` the good one, quoted."""

    title: str
    sh: str
    powershell: str
    cmd: str = ""

    def commands(self, here: str, there: str) -> Commands:
        quoted = {"here": quote_powershell(here), "there": quote_powershell(there)}
        paths = call(here, there).cmd
        return Commands(
            sh=(self.sh.format(here=quote_sh(here), there=quote_sh(there)),),
            powershell=(self.powershell.format(**quoted),),
            cmd=(f"{self.cmd} {paths[0]}",) if self.cmd and paths else (),
        )


#: PEM is ASCII: what these leave out can only stand in comments. PowerShell reads a byte order
#: mark, UTF-16 and line ends of every kind by itself.
_REWRITE = "Get-Content -LiteralPath {here} | Set-Content -Encoding ascii -LiteralPath {there}"
_EXPORT = (
    "$c = New-Object Security.Cryptography.X509Certificates.X509Certificate2Collection;"
    " $c.Import((Resolve-Path -LiteralPath {here}).ProviderPath);"
    " $c | ForEach-Object {{ '-----BEGIN CERTIFICATE-----';"
    " [Convert]::ToBase64String($_.RawData, 'InsertLineBreaks'); '-----END CERTIFICATE-----' }} |"
    " Set-Content -Encoding ascii -LiteralPath {there}"
)
_JOIN = (
    "find {here} -type f '(' -name '*.pem' -o -name '*.crt' -o -name '*.cer' ')'"
    " -exec awk 1 '{{}}' + > {there}"
)
_JOIN_POWERSHELL = (
    "Get-ChildItem -LiteralPath {here} -File | Where-Object Extension -in .pem, .crt, .cer |"
    " Get-Content | Set-Content -Encoding ascii -LiteralPath {there}"
)
_RECIPES = {
    DefectKind.DER: _Recipe(
        "turn the file into PEM",
        "openssl x509 -inform DER -in {here} -out {there}",
        "certutil -encode {here} {there}",
        "certutil -encode",
    ),
    DefectKind.PKCS7: _Recipe(
        "take the certificates out of the PKCS#7 file",
        "openssl pkcs7 -print_certs -inform DER -in {here} -out {there} 2>/dev/null"
        " || openssl pkcs7 -print_certs -in {here} -out {there}",
        _EXPORT,
    ),
    DefectKind.UTF16: _Recipe(
        "write the file again as plain ASCII",
        r"LC_ALL=C tr -d '\000\376\377' < {here} > {there}",
        _REWRITE,
    ),
    DefectKind.UTF8_BOM: _Recipe(
        "write the file again as plain ASCII",
        r"LC_ALL=C tr -d '\357\273\277' < {here} > {there}",
        _REWRITE,
    ),
    DefectKind.CR_LINE_ENDS: _Recipe(
        "write the file again with line ends that OpenSSL reads",
        r"tr '\r' '\n' < {here} > {there}",
        _REWRITE,
    ),
    DefectKind.INDENTED: _Recipe(
        "write the file again without the indentation",
        "LC_ALL=C sed 's/^[[:space:]]*//' < {here} > {there}",
        r"(Get-Content -LiteralPath {here}) -replace '^\s+' |"
        " Set-Content -Encoding ascii -LiteralPath {there}",
    ),
    # awk, since only GNU's sed can write a line end in place of something.
    DefectKind.GLUED_BLOCKS: _Recipe(
        "write the file again with each certificate on lines of its own",
        r"""LC_ALL=C awk '{{ gsub(/-----BEGIN /, "\n&"); print }}' < {here} > {there}""",
        "(Get-Content -LiteralPath {here}) -replace '-----BEGIN ', \"`n-----BEGIN \" |"
        " Set-Content -Encoding ascii -LiteralPath {there}",
    ),
    DefectKind.UNHASHED_DIRECTORY: _Recipe(
        "write the certificates of the folder into one file", _JOIN, _JOIN_POWERSHELL
    ),
}


def prescribe(need: Need, case: Case) -> tuple[Remedy, ...]:
    """What a user can type without leave: take a variable away, or write a file anew."""
    match need:
        case UnsetSetting(source=source) if source in TRUST_VARIABLES:
            return (
                Remedy(f"take away {source}, which names a bundle that does not serve here", NAME,
                       Who.USER, 5, "this shell", unset_variable(source),
                       restore_variable(case, source)),
            )  # fmt: skip
        case UnsetSetting(source="--bundle"):
            title = "leave out --bundle, or name another file; only this check reads it"
            return (Remedy(title, NAME, Who.USER, 5, "this command"),)
        case RepairFile(path=path, kind=kind, source=source):
            return _repair(case, path, kind, source)
        case _:
            return ()


def _repair(case: Case, path: str, kind: DefectKind, source: str) -> tuple[Remedy, ...]:
    """Write a good file beside the bad one, and name it; the bad one is never touched."""
    recipe = _RECIPES.get(kind)
    # A list of directories is no path, and `-` at the front would be read as an option.
    if recipe is None or path.startswith("-"):
        return ()
    good = f"{path.rstrip('/')}.mended.pem"
    writing = recipe.commands(path, good)
    naming, undo = _naming(case, source, path, good)
    remedy = Remedy(
        f"{recipe.title}: `{good}`", NAME, Who.USER, 6, "a new file", joined(writing, naming), undo
    )
    if kind is DefectKind.UNHASHED_DIRECTORY and case.surroundings.platform is Platform.LINUX:
        title = "give the folder the hashed names by which OpenSSL looks certificates up"
        rehash = Commands((f"openssl rehash {quote_sh(path)}",))
        return (Remedy(title, NAME, Who.USER, 6, "this folder", rehash), remedy)
    return (remedy,)


def _naming(case: Case, source: str, path: str, good: str) -> tuple[Commands, Commands]:
    """Let the setting name the good file, and the way back; nothing for what is no setting."""
    if source in TRUST_VARIABLES and source != "SSL_CERT_DIR":
        return set_variable(source, good), restore_variable(case, source)
    if key := configured_key(source):
        words = ("python", "-m", "pip", "config", "set", key)
        return call(*words, good), call(*words, path)
    return Commands(), Commands()


PRESCRIBER = Prescriber(NAME, prescribe)
