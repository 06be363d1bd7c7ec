"""The user's own shell: variables that name a wrong bundle, and files that can be mended."""

from __future__ import annotations

from diagnose.clients._shared import quote_powershell, quote_sh, restore_variable, unset_variable
from diagnose.model.case import Case
from diagnose.model.diagnosis import Need, RepairFile, UnsetSetting, Who
from diagnose.model.remedy import Commands, Prescriber, Remedy
from diagnose.model.store import DefectKind
from diagnose.model.surroundings import TRUST_VARIABLES

NAME = "your shell"


def prescribe(need: Need, case: Case) -> tuple[Remedy, ...]:
    match need:
        case UnsetSetting(source=source) if source in TRUST_VARIABLES:
            return (
                Remedy(f"take away {source}, which names a bundle that does not serve here", NAME,
                       Who.USER, 5, "this shell", unset_variable(source),
                       restore_variable(case, source)),
            )  # fmt: skip
        case RepairFile(path=path, kind=kind):
            return _repair(path, kind)
        case _:
            return ()


def _repair(path: str, kind: DefectKind) -> tuple[Remedy, ...]:
    """Write a good file beside the bad one; the bad one is never touched."""
    good = f"{path}.mended.pem"
    here, there = quote_sh(path), quote_sh(good)
    ps_here, ps_there = quote_powershell(path), quote_powershell(good)
    match kind:
        case DefectKind.DER:
            same = "openssl x509 -inform DER -in {} -out {}"
            title = "turn the file into PEM"
            commands = Commands((same.format(here, there),), (same.format(ps_here, ps_there),),
                                (f'certutil -encode "{path}" "{good}"',))  # fmt: skip
        case DefectKind.PKCS7:
            same = "openssl pkcs7 -print_certs -inform DER -in {} -out {}"
            title = "take the certificates out of the PKCS#7 file"
            commands = Commands((same.format(here, there),), (same.format(ps_here, ps_there),))
        case DefectKind.UTF16 | DefectKind.UTF8_BOM:
            title = "write the file again as plain ASCII"
            origin = "UTF-16" if kind is DefectKind.UTF16 else "UTF-8"
            plain = f"iconv -f {origin} -t ASCII//TRANSLIT -c {here} > {there}"
            commands = Commands(
                (plain,), (f"Get-Content {ps_here} | Set-Content -Encoding ascii {ps_there}",)
            )
        case DefectKind.CR_LINE_ENDS:
            title = "write the file again with line ends that OpenSSL reads"
            commands = Commands(
                (f"tr '\\r' '\\n' < {here} > {there}",),
                (f"Get-Content {ps_here} | Set-Content -Encoding ascii {ps_there}",),
            )
        case DefectKind.INDENTED:
            title = "write the file again without the indentation"
            commands = Commands((f"sed 's/^[[:space:]]*//' {here} > {there}",))
        case DefectKind.GLUED_BLOCKS:
            title = "write the file again with each certificate on lines of its own"
            glued = r"s/-----END CERTIFICATE----------BEGIN/-----END CERTIFICATE-----\n-----BEGIN/g"
            commands = Commands((f"sed '{glued}' {here} > {there}",))
        case DefectKind.UNHASHED_DIRECTORY:
            title = "give the folder the hashed names by which OpenSSL looks certificates up"
            command = f"openssl rehash {here}"
            return (Remedy(title, NAME, Who.USER, 6, "this folder", Commands((command,))),)
        case _:
            return ()
    return (Remedy(f"{title}: `{good}`", NAME, Who.USER, 6, "a new file", commands),)


PRESCRIBER = Prescriber(NAME, prescribe)
