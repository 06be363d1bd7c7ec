"""certifi's authorities and a company's in one file, for programs that replace instead of add.

A bundle that holds the company's authority alone cuts a program off from every public host.
"""

from __future__ import annotations

from diagnose.clients._shared import (
    joined,
    quote_powershell,
    quote_sh,
    restore_variables,
    unset_variable,
)
from diagnose.model.case import Case
from diagnose.model.diagnosis import TrustAnchor, Who
from diagnose.model.remedy import Commands, Remedy
from diagnose.model.store import StoreName

FILE = "ca-plus-corp.pem"

#: Lists of public authorities have had more than a hundred for a decade; a company has a few.
_FEW = 50

#: What can be joined with `cat`; a hashed directory cannot.
_FILES = (".pem", ".crt", ".cer", ".cert", ".bundle")


def combined(
    case: Case, need: TrustAnchor, client: str, certifi: str, variable: str, clear: tuple[str, ...]
) -> tuple[Remedy, ...]:
    """Join `python -m certifi` and the file that has the authority, and name the result.

    `certifi` is the module that prints where the program's own list is; `clear` are variables that
    would beat `variable`. Nothing where the bundle is a public list already, or no file.
    """
    held = case.store(StoreName.BUNDLE)
    path = held.places[0] if StoreName.BUNDLE in need.held_by and held.places else "corp-ca.pem"
    many = StoreName.BUNDLE in need.held_by and (held.anchors or 0) >= _FEW
    if many or not path.lower().endswith(_FILES) or (need.held_by and path == "corp-ca.pem"):
        return ()
    source = "" if need.held_by else f" (`{path}`, from your IT department)"
    title = f"trust `{need.name}`{source} and the public authorities, in one file"
    away = unset_variable(*clear) if clear else Commands()
    return (
        Remedy(title, client, Who.USER if need.held_by else Who.IT, 9, "this shell and a new file",
               joined(_join(certifi, path), away, _name(variable)),
               joined(restore_variables(case, variable, *clear), _remove())),
    )  # fmt: skip


def _join(certifi: str, path: str) -> Commands:
    extra, joined_file = quote_powershell(path), f'"%USERPROFILE%\\{FILE}"'
    listed = f"for /f \"delims=\" %F in ('python -m {certifi}')"
    both = f"Get-Content (python -m {certifi}), {extra}"
    home = f'"$HOME\\{FILE}"'
    beyond_cmd = "%" in path or '"' in path
    return Commands(
        sh=(f'cat "$(python -m {certifi})" {quote_sh(path)} > "$HOME/{FILE}"',),
        powershell=(f"{both} | Set-Content -Encoding ascii {home}",),
        cmd=() if beyond_cmd else (f'{listed} do copy /b "%F" + "{path}" {joined_file}',),
    )


def _name(variable: str) -> Commands:
    return Commands(
        sh=(f'export {variable}="$HOME/{FILE}"',),
        powershell=(f'$env:{variable} = "$HOME\\{FILE}"',),
        cmd=(f'set "{variable}=%USERPROFILE%\\{FILE}"',),
    )


def _remove() -> Commands:
    return Commands(
        sh=(f'rm "$HOME/{FILE}"',),
        powershell=(f'Remove-Item "$HOME\\{FILE}"',),
        cmd=(f'del "%USERPROFILE%\\{FILE}"',),
    )
