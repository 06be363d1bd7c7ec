"""requests: a bundle from two variables, else certifi; never the operating system's store."""

from __future__ import annotations

from diagnose.clients._combined import combined
from diagnose.clients._shared import (
    Answer,
    good_bundle,
    numbers,
    restore_variable,
    same,
    set_variable,
    store_answer,
    system_bundle,
    taken_bundle,
)
from diagnose.model.attempt import Profile, Trouble
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
_READ_BY_OTHERS = ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT")

#: urllib3 has taken over the strict flags of Python 3.13 since this release (its CHANGES, #3571).
_STRICT_PYTHON, _STRICT_URLLIB3 = (3, 13), (2, 4)
#: From here on urllib3 does not look for the host in the common name.
_NO_COMMON_NAME = (2,)


def predict(case: Case) -> Prediction | None:
    """What `requests.get` would see in the Python that runs this tool."""
    version = case.surroundings.version("requests")
    if version is None:
        return None
    bundle = taken_bundle(case, *_VARIABLES)
    trusts = f"the file in {bundle.setting.source}" if bundle else "certifi"
    because = f"it trusts only {trusts}"
    if bundle is None:
        answer, strictly = _answer(case, StoreName.CERTIFI)
    elif bundle.refusal is not None:
        answer, strictly = Answer(Verdict.FAILS, bundle.refusal), ""
        because += ", which cannot be loaded"
    elif not bundle.like_probed:
        answer, strictly = Answer(None), ""
    else:
        answer, strictly = _answer(case, StoreName.BUNDLE)
    obeyed = bundle.setting.source if bundle else ""
    ignored = tuple(
        name
        for name in (*_VARIABLES, *_READ_BY_OTHERS)
        if name != obeyed and case.surroundings.variable(name)
    )
    return Prediction(
        "requests", version, answer.verdict, answer.trouble, because + strictly, ignored
    )


def _answer(case: Case, name: StoreName) -> tuple[Answer, str]:
    """What it sees with a store's anchors; words where its strictness makes the difference."""
    default, strict = store_answer(case, name), store_answer(case, name, Profile.STRICT)
    found = case.surroundings.version("urllib3")
    urllib3 = numbers(found) if found else None
    if case.surroundings.python_minor >= _STRICT_PYTHON:
        if strict.verdict is default.verdict or (urllib3 and urllib3 < _STRICT_URLLIB3):
            return default, ""
        likely = "" if urllib3 else " with urllib3 2.4 or newer (likely)"
        return strict, f", and verifies strictly on Python 3.13{likely}"
    if strict.trouble is Trouble.NAME_MISMATCH and urllib3 and urllib3 >= _NO_COMMON_NAME:
        return strict, ", and takes no host name from a common name"
    return default, ""


def meet(need: Need, case: Case) -> tuple[Remedy, ...]:
    """How requests is told; nothing where it works already, or where the need is another's."""
    match need:
        case TrustAnchor():
            return _trust(need, case)
        case UseSystemStore():
            return _use_system_store(case)
        case UpgradeCertifi(release=release):
            # Without a release, the one that is here is damaged: the newest may be the same one.
            again = "" if release else " --force-reinstall --no-deps"
            title = "update certifi" if release else "install certifi afresh"
            return (
                Remedy(title, "requests", Who.USER, 11, "this Python",
                       same(f"python -m pip install --upgrade{again} certifi")),
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
    if _works(case) or (path is None and need.held_by):
        return ()
    given = path or "corp-ca.pem"
    origin = "" if path else f"; `{given}` stands for the file that has `{need.name}`"
    who = Who.USER if path else Who.IT
    title = f"use the bundle that has the authority, instead of certifi{origin}"
    only = _given(case, title, given, who, StoreName.BUNDLE)
    if not only:
        return ()
    return (*combined(case, need, "requests", "certifi", "REQUESTS_CA_BUNDLE", ()), *only)


def _use_system_store(case: Case) -> tuple[Remedy, ...]:
    if _works(case) or case.verdict(StoreName.SYSTEM) is not Verdict.VERIFIES:
        return ()
    path = system_bundle(case)
    remedies: tuple[Remedy, ...] = ()
    if path is not None and case.surroundings.platform is Platform.LINUX:
        title = "use the operating system's file as its bundle"
        remedies = _given(case, title, path, Who.USER, StoreName.SYSTEM)
    return (
        *remedies,
        Remedy("read the operating system's store in every program of this Python", "requests",
               Who.USER, 21, "this Python", same("python -m pip install pip-system-certs"),
               same("python -m pip uninstall --yes pip-system-certs")),
    )  # fmt: skip


def _given(case: Case, title: str, path: str, who: Who, store: StoreName) -> tuple[Remedy, ...]:
    """Name the file, unless it is named already or this requests is too strict for its anchors."""
    if case.surroundings.variable("REQUESTS_CA_BUNDLE") == path:
        return ()
    if case.verdict(store) is Verdict.VERIFIES:
        answer, _ = _answer(case, store)
        if answer.verdict is Verdict.FAILS:
            return ()
    return (
        Remedy(title, "requests", who, 11, "this shell",
               set_variable("REQUESTS_CA_BUNDLE", path),
               restore_variable(case, "REQUESTS_CA_BUNDLE")),
    )  # fmt: skip


def _works(case: Case) -> bool:
    prediction = predict(case)
    return prediction is not None and prediction.verdict is Verdict.VERIFIES


CLIENT = Client("requests", predict, meet)
