"""requests: a bundle from two variables, else certifi; never the operating system's store."""

from __future__ import annotations

from diagnose.clients._shared import (
    good_bundle,
    restore_variable,
    same,
    set_variable,
    system_bundle,
)
from diagnose.model.attempt import Failure, Profile
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
from diagnose.model.remedy import Remedy
from diagnose.model.store import StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.verdict import Verdict

#: requests `merge_environment_settings`: the first that is set and not empty.
_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_IGNORED = ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT")
_STRICT_SINCE = (3, 13)


def predict(case: Case) -> Prediction | None:
    """What `requests.get` would see in the Python that runs this tool."""
    version = case.surroundings.version("requests")
    if version is None:
        return None
    chosen_by = case.store(StoreName.BUNDLE).chosen_by
    name = StoreName.BUNDLE if chosen_by in _VARIABLES else StoreName.CERTIFI
    verdict = case.verdict(name)
    failure = case.failure(name)
    because = (
        f"it trusts only {'the file in ' + chosen_by if chosen_by in _VARIABLES else 'certifi'}"
    )
    strict = _strict_failure(case, name)
    if verdict is Verdict.VERIFIES and strict is not None:
        verdict, failure = Verdict.FAILS, strict
        because += ", and with urllib3 2.4 or newer it verifies strictly on Python 3.13 (likely)"
    ignored = tuple(each for each in _IGNORED if case.surroundings.variable(each))
    return Prediction(
        "requests", version, verdict, failure.trouble if failure else None, because, ignored
    )


def _strict_failure(case: Case, name: StoreName) -> Failure | None:
    if case.surroundings.python_minor < _STRICT_SINCE:
        return None
    return case.failure(name, Profile.STRICT)


def meet(need: Need, case: Case) -> tuple[Remedy, ...]:
    match need:
        case TrustAnchor():
            return _trust(need, case)
        case UseSystemStore():
            return _use_system_store(case)
        case UpgradeCertifi():
            return (
                Remedy("update certifi", "requests", Who.USER, 11, "this Python",
                       same("python -m pip install --upgrade certifi")),
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
    """Give requests a bundle that has the anchor; it replaces certifi."""
    path = good_bundle(case)
    if path is None and need.held_by:
        return ()
    given = path or "corp-ca.pem"
    origin = "" if path else f"; `{given}` stands for the file that has `{need.name}`"
    return (
        Remedy(f"use the bundle that has the authority, instead of certifi{origin}", "requests",
               Who.USER if path else Who.IT, 11, "this shell",
               set_variable("REQUESTS_CA_BUNDLE", given), restore_variable(case, "REQUESTS_CA_BUNDLE")),
    )  # fmt: skip


def _use_system_store(case: Case) -> tuple[Remedy, ...]:
    remedies = []
    path = system_bundle(case)
    if path is not None and case.surroundings.platform is Platform.LINUX:
        remedies.append(
            Remedy("use the operating system's file as its bundle", "requests", Who.USER, 11,
                   "this shell", set_variable("REQUESTS_CA_BUNDLE", path),
                   restore_variable(case, "REQUESTS_CA_BUNDLE"))
        )  # fmt: skip
    remedies.append(
        Remedy("read the operating system's store in every program of this Python", "requests",
               Who.USER, 21, "this Python", same("python -m pip install pip-system-certs"),
               same("python -m pip uninstall pip-system-certs"))
    )  # fmt: skip
    return tuple(remedies)


CLIENT = Client("requests", predict, meet)
