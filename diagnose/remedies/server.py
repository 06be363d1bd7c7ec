"""The server's owner: the chain it sends, the certificate it has, the authority behind it."""

from __future__ import annotations

from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Need,
    ReissueAuthority,
    RenewCertificate,
    ReplaceServerCertificate,
    ServeIntermediate,
    Who,
)
from diagnose.model.remedy import Commands, Prescriber, Remedy

NAME = "server"
AUTHORITY = "certificate authority"

#: The order that RFC 8446 section 4.4.2 wants: the server's own certificate first.
_GET = "Get-Content server.pem, intermediate.pem"
_JOIN = Commands(
    sh=("cat server.pem intermediate.pem > fullchain.pem",),
    powershell=(f"{_GET} | Set-Content -Encoding ascii fullchain.pem",),
    cmd=("copy /b server.pem + intermediate.pem fullchain.pem",),
)


def prescribe(need: Need, case: Case) -> tuple[Remedy, ...]:
    """What the owner of the server, or of the authority behind it, has to do."""
    match need:
        case ServeIntermediate(name=name, url=url):
            at = f" (published at {url})" if url else ""
            title = f"send `{name}`{at} after the server's own certificate"
            return (Remedy(title, NAME, Who.SERVER_OWNER, 60, "the server", _JOIN),)
        case RenewCertificate(name=name, certificate=certificate) if _is_authority(
            case, certificate
        ):
            title = f"renew `{name}`, and what it signed"
            return (Remedy(title, AUTHORITY, Who.IT, 60, "everybody who trusts it"),)
        case RenewCertificate(name=name):
            title = f"give the server a new certificate in place of `{name}`"
            return (Remedy(title, NAME, Who.SERVER_OWNER, 60, "the server"),)
        case ReplaceServerCertificate(wanted=wanted):
            title = f"give the server a certificate whose subjectAltName holds `{wanted}`"
            return (Remedy(title, NAME, Who.SERVER_OWNER, 61, "the server"),)
        case ReissueAuthority(name=name, rule=rule):
            title = f"issue `{name}` again: {rule}"
            return (Remedy(title, AUTHORITY, Who.IT, 62, "everybody who trusts it"),)
        case _:
            return ()


def _is_authority(case: Case, certificate: str) -> bool:
    """Anything above the server's own certificate belongs to whoever runs the authority."""
    return case.leaf is not None and certificate != case.leaf.sha256


PRESCRIBER = Prescriber(NAME, prescribe)
