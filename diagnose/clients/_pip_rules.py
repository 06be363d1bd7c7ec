"""What pip trusts, by its version: measured with pip 20.3-26.3 on Linux, and read in its sources.

Out of sight: `--use-feature` and `--use-deprecated`, options of one call, and the pip of another
Python.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnose.chain.public_roots import by_fingerprint
from diagnose.clients._shared import Answer, Taken, numbers, store_answer, taken_bundle
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.client import Prediction
from diagnose.model.store import Integrity, StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.target import ThroughProxy
from diagnose.model.verdict import Verdict
from diagnose.model.walk import Anchored, PartlyAnchored

Version = tuple[int, ...]

#: From here on the system's store, certifi and a bundle all count together (pip NEWS 24.2).
ADDS = (24, 2)
#: Through a proxy, 24.2 to 25.1 use OpenSSL's default paths alone (pypa/pip#13288, fixed in 25.2).
PROXY_MENDED = (25, 2)
#: Before, reading the system's store ends in an error where the URL has an address for a name.
ADDRESS_MENDED = (26,)
#: From here on, pip's own proxy setting makes it blind to the variables for bundles.
_PROXY_HIDES = (24, 1)

#: `--use-feature=truststore`, first with the package beside pip, then with the one inside pip.
#: 24.1 accepts the feature and ignores it (pypa/pip#12779, mended in 24.1.1).
_TRUSTSTORE, _TRUSTSTORE_INSIDE, _TRUSTSTORE_LOST = (22, 2), (23, 3), ((24, 1), (24, 1, 0))
#: Before, the feature has no effect through a proxy.
_TRUSTSTORE_PROXIED = (24, 1)
#: Variables that beat pip's own settings (requests `merge_environment_settings`).
STRONG = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
OWN_SETTINGS = ("PIP_CERT", "pip configuration")


def predict(case: Case) -> Prediction | None:
    """What `pip install` would see; the pip of the Python that runs this tool."""
    version = case.surroundings.version("pip")
    if version is None:
        return None
    number = numbers(version)
    bundle = own_bundle(case, number)
    answer, because = _answer(case, number, bundle)
    return Prediction(
        "pip", version, answer.verdict, answer.trouble, because, _ignored(case, number, bundle)
    )


def proxied(case: Case) -> bool:
    """Whether pip goes through a proxy here."""
    return isinstance(case.target.route, ThroughProxy) or _own_proxy(case)


def own_bundle(case: Case, number: Version) -> Taken | None:
    """The bundle that pip takes: variables beat its own settings, unless it has its own proxy."""
    if number >= _PROXY_HIDES and _own_proxy(case):
        return taken_bundle(case, *OWN_SETTINGS)
    return taken_bundle(case, *STRONG, *OWN_SETTINGS)


def strong_settings(case: Case, number: Version) -> tuple[str, ...]:
    """The variables that are set here and beat pip's own settings."""
    if number >= _PROXY_HIDES and _own_proxy(case):
        return ()
    return tuple(name for name in STRONG if case.surroundings.variable(name))


def has_feature(case: Case, number: Version) -> bool:
    """Whether `--use-feature=truststore` makes this pip read the system's store, here."""
    if not _TRUSTSTORE <= number < ADDS or number in _TRUSTSTORE_LOST:
        return False
    if number < _TRUSTSTORE_INSIDE and not case.surroundings.version("truststore"):
        return False
    if case.target.is_address and number < ADDRESS_MENDED:
        return False
    return not proxied(case) or number >= _TRUSTSTORE_PROXIED


def reads_system_store(case: Case, number: Version) -> bool:
    """Whether this pip reads the system's store without being told to."""
    if number < ADDS:
        return False
    through = proxied(case) and number < PROXY_MENDED
    # OpenSSL's default paths know nothing of the keychains of macOS.
    return not (through and case.surroundings.platform is Platform.MACOS)


def _answer(case: Case, number: Version, bundle: Taken | None) -> tuple[Answer, str]:
    """What it would see, and which stores it asks, in words."""
    if bundle is not None and bundle.refusal is not None:
        words = f"its bundle ({bundle.setting.source}) cannot be loaded"
        return Answer(Verdict.FAILS, bundle.refusal), words
    own, system = _own_certifi(case), store_answer(case, StoreName.SYSTEM)
    if number < ADDS and _told_truststore(case) and has_feature(case, number):
        beside = _bundle(case, bundle) if bundle else own
        words = "PIP_USE_FEATURE makes it trust the operating system's store too"
        return _any_of((system, beside)), words
    if number < ADDS:
        if bundle is None:
            return own, "it trusts only its own copy of certifi"
        return _bundle(case, bundle), f"it trusts only its bundle ({bundle.setting.source})"
    added = (_bundle(case, bundle),) if bundle else ()
    named = f", its bundle ({bundle.setting.source})" if bundle else ""
    if proxied(case) and number < PROXY_MENDED:
        if not reads_system_store(case, number):
            system = Answer(None)
        words = f"through a proxy it trusts OpenSSL's default paths{named}, not certifi"
        return _any_of((system, *added)), words
    if case.target.is_address and number < ADDRESS_MENDED:
        words = "before pip 26 it ends in an error where a URL has an address for a name"
        return Answer(Verdict.FAILS, Trouble.OTHER), words
    words = f"it trusts the operating system's store{named} and its own copy of certifi"
    return _any_of((system, *added, own)), words


def _told_truststore(case: Case) -> bool:
    """Several features stand in the variable with blanks between them."""
    return "truststore" in (case.surroundings.variable("PIP_USE_FEATURE") or "").split()


def _any_of(answers: Sequence[Answer]) -> Answer:
    """What adding up gives: one that verifies is enough."""
    for wanted in (Verdict.VERIFIES, None, Verdict.FAILS):
        found = next((each for each in answers if each.verdict is wanted), None)
        if found is not None:
            return found
    return answers[0]


def _bundle(case: Case, bundle: Taken) -> Answer:
    return store_answer(case, StoreName.BUNDLE) if bundle.like_probed else Answer(None)


def _own_certifi(case: Case) -> Answer:
    """What the certifi inside pip says: as published, whatever was done to the installed one."""
    answer = store_answer(case, StoreName.CERTIFI)
    facts = case.recording.certifi
    if facts is None or facts.integrity is Integrity.REDIRECTED:
        return answer  # a distribution that redirects certifi has redirected the one in pip too
    if answer.verdict is Verdict.VERIFIES and _anchor(case, StoreName.CERTIFI) in facts.added:
        return Answer(Verdict.FAILS, Trouble.ISSUER_UNKNOWN)
    if answer.verdict is Verdict.FAILS and facts.integrity is Integrity.MODIFIED:
        anchor = _anchor(case, None)
        if anchor is None or by_fingerprint(anchor) is not None:
            return Answer(None)
    return answer


def _anchor(case: Case, name: StoreName | None) -> str | None:
    """The fingerprint of the anchor that a store leads to (None: everything that was seen)."""
    walk = case.reach if name is None else case.walks.get(name)
    for path in (walk.greedy, walk.best) if walk else ():
        if isinstance(path.end, Anchored | PartlyAnchored):
            return path.end.anchor
    return None


def _ignored(case: Case, number: Version, bundle: Taken | None) -> tuple[str, ...]:
    """Variables that are set and that it does not obey here."""
    obeyed = {bundle.setting.source} if bundle else set()
    if number >= ADDS:
        obeyed |= {"SSL_CERT_FILE", "SSL_CERT_DIR"}
    names = (*STRONG, "PIP_CERT", "SSL_CERT_FILE", "SSL_CERT_DIR")
    return tuple(name for name in names if case.surroundings.variable(name) and name not in obeyed)


def _own_proxy(case: Case) -> bool:
    return case.surroundings.variable("PIP_PROXY") is not None
