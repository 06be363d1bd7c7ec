"""pip: how it is told what to trust. What it trusts by itself is in `_pip_rules`."""

from __future__ import annotations

from diagnose.clients._combined import combined
from diagnose.clients._pip_rules import (
    ADDS,
    Version,
    has_feature,
    own_bundle,
    predict,
    reads_system_store,
    strong_settings,
)
from diagnose.clients._shared import (
    call,
    configured_key,
    good_bundle,
    joined,
    numbers,
    restore_variables,
    same,
    set_variable,
    system_bundle,
    unset_variable,
)
from diagnose.model.case import Case
from diagnose.model.client import Client
from diagnose.model.diagnosis import (
    CorrectProxyUrl,
    InstallSystemStore,
    Need,
    ProxyCredentials,
    ReachHost,
    ReissueAuthority,
    RenewCertificate,
    RepairFile,
    ReplaceServerCertificate,
    ServeIntermediate,
    SetClock,
    TrustAnchor,
    UnsetSetting,
    UpgradeCertifi,
    UseSystemStore,
    Who,
)
from diagnose.model.remedy import Commands, Remedy
from diagnose.model.store import StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.verdict import Verdict

_PIP = ("python", "-m", "pip")


def meet(need: Need, case: Case) -> tuple[Remedy, ...]:
    """How pip is told; nothing where it works already, or where the need is another's."""
    match need:
        case TrustAnchor():
            return _trust(need, case)
        case UseSystemStore():
            return _use_system_store(case)
        case UnsetSetting(source=source, path=path) if key := configured_key(source):
            return (
                Remedy(f"forget the bundle in its configuration ({key})", "pip", Who.USER, 6,
                       "this user", call(*_PIP, "config", "unset", key),
                       call(*_PIP, "config", "set", key, path)),
            )  # fmt: skip
        case UpgradeCertifi(release=release) if release and not _works(case):
            return (
                Remedy("update pip, which brings its own certifi", "pip", Who.USER, 30,
                       "this Python", same("python -m pip install --upgrade pip")),
            )  # fmt: skip
        case (
            UnsetSetting()
            | UpgradeCertifi()
            | ServeIntermediate()
            | RepairFile()
            | InstallSystemStore()
            | SetClock()
            | RenewCertificate()
            | ReplaceServerCertificate()
            | ReissueAuthority()
            | ProxyCredentials()
            | CorrectProxyUrl()
            | ReachHost()
        ):
            return ()


def _trust(need: TrustAnchor, case: Case) -> tuple[Remedy, ...]:
    """Give pip a bundle that has the anchor, in this shell and for good."""
    path = good_bundle(case)
    # Who holds the anchor without being a bundle has a better answer, and a need of its own.
    if _works(case) or (path is None and need.held_by):
        return ()
    number = _number(case)
    given = path or "corp-ca.pem"
    alone = ", instead of certifi" if number < ADDS else ""
    origin = "" if path else f"; `{given}` stands for the file that has `{need.name}`"
    who = Who.USER if path else Who.IT
    both: tuple[Remedy, ...] = ()
    if number < ADDS:
        both = combined(
            case, need, "pip", "pip._vendor.certifi", "PIP_CERT", strong_settings(case, number)
        )
    remedies = [
        *both,
        Remedy(f"use the bundle that has the authority{alone}{origin}", "pip", who, 10,
               "this shell", *_given(case, number, given))
    ]  # fmt: skip
    if case.surroundings.version("pip"):
        remedies.append(_configured(case, number, given, who, origin))
    return tuple(remedies)


def _given(case: Case, number: Version, path: str) -> tuple[Commands, Commands]:
    """Set PIP_CERT, with what would beat it out of the way; and the way back."""
    beating = _beating(case, number, path)
    clear = unset_variable(*beating) if beating else Commands()
    undo = restore_variables(case, "PIP_CERT", *beating)
    return joined(clear, set_variable("PIP_CERT", path)), undo


def _beating(case: Case, number: Version, path: str) -> tuple[str, ...]:
    """The variables that pip obeys before PIP_CERT, unless the stronger one names this file."""
    strong = strong_settings(case, number)
    return () if strong and case.surroundings.variable(strong[0]) == path else strong


def _configured(case: Case, number: Version, path: str, who: Who, origin: str) -> Remedy:
    """Write it into pip's configuration; variables still beat it, and the title says so."""
    keys = {
        key: each.path
        for each in case.recording.bundle_settings
        if (key := configured_key(each.source)) is not None
    }
    key = "install.cert" if "install.cert" in keys else "global.cert"
    former = keys.get(key)
    set_pip_cert = case.surroundings.variable("PIP_CERT")
    beating = (
        *_beating(case, number, path),
        *(("PIP_CERT",) if set_pip_cert and set_pip_cert != path else ()),
    )
    only = f" (it counts once {' and '.join(beating)} {_are(beating)} unset)" if beating else ""
    unset = call(*_PIP, "config", "unset", key)
    return Remedy(
        f"use that bundle always{only}{origin}", "pip", who, 20, "this user",
        call(*_PIP, "config", "set", key, path),
        call(*_PIP, "config", "set", key, former) if former else unset,
    )  # fmt: skip


def _are(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"


def _use_system_store(case: Case) -> tuple[Remedy, ...]:
    number = _number(case)
    if _works(case) or reads_system_store(case, number):
        return ()  # what stands in its way is a bundle that cannot be loaded, a need of its own
    if case.verdict(StoreName.SYSTEM) is not Verdict.VERIFIES:
        return ()
    remedies = []
    if has_feature(case, number):
        bundle = own_bundle(case, number)
        broken = bundle.setting.source if bundle and bundle.refusal else ""
        names = (broken,) if case.surroundings.variable(broken) else ()
        clear = unset_variable(*names) if names else Commands()
        remedies.append(
            Remedy("read the operating system's store", "pip", Who.USER, 10, "this shell",
                   joined(clear, set_variable("PIP_USE_FEATURE", "truststore")),
                   joined(unset_variable("PIP_USE_FEATURE"), restore_variables(case, *names)))
        )  # fmt: skip
    path = system_bundle(case)
    if path is not None and case.surroundings.platform is Platform.LINUX:
        remedies.append(
            Remedy("use the operating system's file as its bundle (any pip)", "pip", Who.USER, 12,
                   "this shell", *_given(case, number, path))
        )  # fmt: skip
    if not remedies:
        since = "25.2" if number >= ADDS else "24.2"
        remedies.append(
            Remedy(f"update pip to {since} or newer, which reads the operating system's store",
                   "pip", Who.USER, 30, "this Python",
                   same("python -m pip install --upgrade pip"))
        )  # fmt: skip
    return tuple(remedies)


def _works(case: Case) -> bool:
    prediction = predict(case)
    return prediction is not None and prediction.verdict is Verdict.VERIFIES


def _number(case: Case) -> Version:
    return numbers(case.surroundings.version("pip") or "0")


CLIENT = Client("pip", predict, meet)
