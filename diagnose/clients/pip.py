"""pip: its own certifi, the system's store since 24.2, and a bundle from variables or settings."""

from __future__ import annotations

from diagnose.clients._shared import (
    good_bundle,
    joined,
    quote_sh,
    restore_variable,
    restore_variables,
    same,
    set_variable,
    strong_settings,
    system_bundle,
    unset_variable,
)
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.client import Client, Prediction
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
from diagnose.model.target import ThroughProxy
from diagnose.model.verdict import Verdict

#: From here on the system's store, certifi and a bundle all count together (pip NEWS 24.2;
#: measured with 24.2, 25.3 and 26.3).
_ADDS = (24, 2)
#: Through a proxy, 24.2 to 25.1 use OpenSSL's default paths alone (pypa/pip#13288, fixed in 25.2).
_PROXY_MENDED = (25, 2)
#: `--use-feature=truststore` with truststore inside pip.
_VENDORED_TRUSTSTORE = (23, 3)
#: What names pip's bundle; `--bundle` and OpenSSL's variables do not.
_BUNDLE_SOURCES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "pip configuration")


def predict(case: Case) -> Prediction | None:
    """What `pip install` would see; the pip of the Python that runs this tool."""
    version = case.surroundings.version("pip")
    if version is None:
        return None
    used, because = _stores(case, _numbers(version))
    bundle = _bundle_failure(case)
    if bundle is not None and StoreName.BUNDLE in used:
        return Prediction("pip", version, Verdict.FAILS, bundle, "its bundle cannot be loaded")
    verdicts = [case.verdict(name) for name in used]
    if Verdict.VERIFIES in verdicts:
        verdict, trouble = Verdict.VERIFIES, None
    else:
        verdict = Verdict.FAILS if Verdict.FAILS in verdicts else Verdict.NOT_REACHED
        failure = next((case.failure(name) for name in used if case.failure(name)), None)
        trouble = failure.trouble if failure else None
    ignored = ("SSL_CERT_FILE", "SSL_CERT_DIR") if StoreName.SYSTEM not in used else ()
    set_ones = tuple(name for name in ignored if case.surroundings.variable(name))
    return Prediction("pip", version, verdict, trouble, because, set_ones)


def _stores(case: Case, version: tuple[int, ...]) -> tuple[tuple[StoreName, ...], str]:
    """Which stores this pip asks, and that in words."""
    bundle = (StoreName.BUNDLE,) if _has_bundle(case) else ()
    proxied = isinstance(case.target.route, ThroughProxy)
    if version < _ADDS or case.surroundings.python_minor < (3, 10):
        if bundle:
            return bundle, f"it trusts only its bundle ({case.store(StoreName.BUNDLE).chosen_by})"
        return (StoreName.CERTIFI,), "it trusts only its own copy of certifi"
    if proxied and version < _PROXY_MENDED:
        words = "through a proxy it trusts OpenSSL's default paths only, not certifi"
        return (StoreName.SYSTEM, *bundle), words
    named = ", its bundle" if bundle else ""
    words = f"it trusts the operating system's store{named} and its own copy of certifi"
    return (StoreName.SYSTEM, *bundle, StoreName.CERTIFI), words


def meet(need: Need, case: Case) -> tuple[Remedy, ...]:
    match need:
        case TrustAnchor():
            return _trust(need, case)
        case UseSystemStore():
            return _use_system_store(case)
        case UnsetSetting(source=source) if source.startswith("pip configuration"):
            key = source.partition("(")[2].rstrip(")")
            command = f"python -m pip config unset {key}"
            return (
                Remedy("forget the bundle in its configuration", "pip", Who.USER, 20,
                       "this user", same(command)),
            )  # fmt: skip
        case UpgradeCertifi():
            return (
                Remedy("update pip, which brings its own certifi", "pip", Who.USER, 30,
                       "this Python", same("python -m pip install --upgrade pip")),
            )  # fmt: skip
        case (
            UnsetSetting()
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
    """Give pip a bundle that has the anchor."""
    path = good_bundle(case)
    if path is None and StoreName.SYSTEM in need.held_by:
        return ()  # the system's store is the better answer, and has its own need
    if path is None and need.held_by:
        return ()
    given = path or "corp-ca.pem"
    origin = "" if path else f"; `{given}` stands for the file that has `{need.name}`"
    who = Who.USER if path else Who.IT
    strong = strong_settings(case)
    clear = unset_variable(*strong) if strong and not _is_strong(case, path) else Commands()
    shell = joined(clear, set_variable("PIP_CERT", given))
    undo = restore_variables(case, "PIP_CERT", *(strong if clear.sh else ()))
    set_config = f"python -m pip config set global.cert {quote_sh(given)}"
    config = Commands(
        sh=(set_config,),
        powershell=(f'python -m pip config set global.cert "{given}"',),
        cmd=(f'python -m pip config set global.cert "{given}"',),
    )
    return (
        Remedy(f"use the bundle that has the authority{origin}", "pip", who, 10, "this shell",
               shell, undo),
        Remedy(f"use that bundle always{origin}", "pip", who, 20, "this user", config,
               same("python -m pip config unset global.cert")),
    )  # fmt: skip


def _use_system_store(case: Case) -> tuple[Remedy, ...]:
    version = _numbers(case.surroundings.version("pip") or "0")
    remedies = []
    path = system_bundle(case)
    if version < _ADDS:
        known = _VENDORED_TRUSTSTORE <= version
        title = "read the operating system's store" + ("" if known else " (pip 23.3 or newer)")
        remedies.append(
            Remedy(title, "pip", Who.USER, 10, "this shell",
                   set_variable("PIP_USE_FEATURE", "truststore"),
                   unset_variable("PIP_USE_FEATURE"))
        )  # fmt: skip
        if path is not None:
            remedies.append(
                Remedy("use the operating system's file as its bundle (any pip)", "pip", Who.USER,
                       12, "this shell", set_variable("PIP_CERT", path),
                       restore_variable(case, "PIP_CERT"))
            )  # fmt: skip
    strong = strong_settings(case)
    if strong and version < _ADDS:
        remedies = [
            Remedy(f"take away {' and '.join(strong)}, which it would obey first", "pip", Who.USER,
                   5, "this shell", unset_variable(*strong),
                   restore_variables(case, *strong)),
            *remedies,
        ]  # fmt: skip
    return tuple(remedies)


def _has_bundle(case: Case) -> bool:
    chosen_by = case.store(StoreName.BUNDLE).chosen_by
    return case.store(StoreName.BUNDLE).configured and chosen_by.startswith(_BUNDLE_SOURCES)


def _is_strong(case: Case, path: str | None) -> bool:
    """Whether the bundle that works is the one that the strong variables already name."""
    return any(case.surroundings.variable(name) == path for name in strong_settings(case))


def _bundle_failure(case: Case) -> Trouble | None:
    """A bundle that is missing or broken stops pip whatever else it trusts."""
    failure = case.failure(StoreName.BUNDLE)
    if (
        failure is None
        or not _has_bundle(case)
        or case.verdict(StoreName.BUNDLE) is (Verdict.NOT_REACHED)
    ):
        return None
    return failure.trouble if failure.trouble in _LOADING else None


_LOADING = (Trouble.BUNDLE_MISSING, Trouble.BUNDLE_INVALID, Trouble.BUNDLE_UNREADABLE)


def _numbers(version: str) -> tuple[int, ...]:
    """(24, 2) of `24.2.dev0`; pip's own versions are numbers and dots."""
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


CLIENT = Client("pip", predict, meet)
