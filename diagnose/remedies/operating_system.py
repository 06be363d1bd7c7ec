"""The operating system: its store of anchors, its package of roots, its clock."""

from __future__ import annotations

from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    InstallSystemStore,
    Need,
    SetClock,
    TrustAnchor,
    Who,
)
from diagnose.model.remedy import Commands, Prescriber, Remedy
from diagnose.model.store import StoreName
from diagnose.model.surroundings import Platform

NAME = "operating system"

#: Where the serial number is not known: the certificate in the store that the file holds.
_REMOVE_BY_FILE = (
    "Get-ChildItem Cert:\\LocalMachine\\Root | Where-Object Thumbprint -eq"
    " (Get-PfxCertificate corp-ca.crt).Thumbprint | Remove-Item"
)

_FEDORA_ANCHORS = "/etc/pki/ca-trust/source/anchors/"


def prescribe(need: Need, case: Case) -> tuple[Remedy, ...]:
    """What changes the whole machine, and so is for whoever runs it."""
    platform = case.surroundings.platform
    match need:
        case TrustAnchor(name=name, held_by=held_by) if StoreName.SYSTEM not in held_by:
            found = case.certificates.get(need.certificate or "")
            serial = found.serial if found else None
            return _add_anchor(name, need.certificate, platform, serial)
        case InstallSystemStore() if platform is Platform.LINUX:
            return (
                _machine("install the public authorities (Debian, Ubuntu)",
                         "sudo apt-get install ca-certificates", 40),
                _machine("install the public authorities (Fedora, RHEL)",
                         "sudo dnf install ca-certificates", 41),
                _machine("install the public authorities (Alpine)",
                         "apk add ca-certificates", 42),
            )  # fmt: skip
        case SetClock():
            return (_clock(platform),)
        case _:
            return ()


def _add_anchor(
    name: str, sha256: str | None, platform: Platform, serial: str | None
) -> tuple[Remedy, ...]:
    """Put an authority into the system's store: a decision for whoever runs the machine."""
    known = f", SHA-256 {sha256[:16]}…" if sha256 else ""
    title = f"trust `{name}`{known}; `corp-ca.crt` stands for its file, from your IT department"
    match platform:
        case Platform.LINUX:
            return (
                _machine(f"{title} (Debian, Ubuntu, Alpine)", "sudo cp corp-ca.crt"
                         " /usr/local/share/ca-certificates/ && sudo update-ca-certificates", 50,
                         "sudo rm /usr/local/share/ca-certificates/corp-ca.crt"
                         " && sudo update-ca-certificates --fresh"),
                _machine(f"{title} (Fedora, RHEL)",
                         f"sudo cp corp-ca.crt {_FEDORA_ANCHORS} && sudo update-ca-trust", 51,
                         f"sudo rm {_FEDORA_ANCHORS}corp-ca.crt && sudo update-ca-trust"),
            )  # fmt: skip
        case Platform.MACOS:
            keychain = "/Library/Keychains/System.keychain"
            return (
                _machine(title, "sudo security add-trusted-cert -d -r trustRoot"
                         f" -k {keychain} corp-ca.crt", 50,
                         "sudo security remove-trusted-cert -d corp-ca.crt"),
            )  # fmt: skip
        case Platform.WINDOWS:
            add = "certutil -addstore -f ROOT corp-ca.crt"
            remove = (f"certutil -delstore ROOT {serial}",) if serial else ()
            return (
                Remedy(f"{title}; as administrator", NAME, Who.IT, 50, "this machine",
                       Commands((), (add,), (add,)),
                       Commands((), remove or (_REMOVE_BY_FILE,), remove)),
            )  # fmt: skip


def _clock(platform: Platform) -> Remedy:
    sh = {
        Platform.LINUX: ("sudo timedatectl set-ntp true",),
        Platform.MACOS: ("sudo sntp -sS time.apple.com",),
        Platform.WINDOWS: (),
    }[platform]
    windows = ("w32tm /resync",)
    return Remedy(
        "set the clock", NAME, Who.USER, 1, "this machine", Commands(sh, windows, windows)
    )


def _machine(title: str, command: str, order: int, undo: str = "") -> Remedy:
    undone = Commands(sh=(undo,)) if undo else Commands()
    return Remedy(title, NAME, Who.IT, order, "this machine", Commands(sh=(command,)), undone)


PRESCRIBER = Prescriber(NAME, prescribe)
