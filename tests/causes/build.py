"""Cases without a network: certificates from the demo PKI, answers from OpenSSL itself.

A case is stated by what is sent and what each store holds. The attempts' answers are not made up:
the chain is verified offline by pyOpenSSL (which checks no names; those are compared here).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone

from diagnose.catalogue import entry
from diagnose.chain.identity import names_host
from diagnose.chain.reading import fingerprint, read_certificate
from diagnose.chain.walk import Ground, walk_everything, walk_store
from diagnose.demo.pki import Issued
from diagnose.model.attempt import Attempt, Capture, Failure, Fetch, Profile, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Cause, Finding
from diagnose.model.observation import Observation, Recording
from diagnose.model.store import BundleSetting, CertifiFacts, Integrity, Store, StoreName
from diagnose.model.surroundings import Platform, Surroundings
from diagnose.model.target import Direct, Route, Target
from diagnose.probe.depth import _verify
from diagnose.probe.translate import STRICT_CODES, VERIFY_CODES

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
HOST = "www.example.com"
#: Addresses that stand for the internet and for a company's network.
PUBLIC, PRIVATE = "93.184.215.14", "10.0.0.7"

STRAIGHT = Direct()

CERTIFI_FILE = "/venv/certifi/cacert.pem"
SYSTEM_FILE = "/etc/ssl/certs/ca-certificates.crt"
BUNDLE_FILE = "/opt/corp/ca.pem"

_FILES = {
    StoreName.CERTIFI: (CERTIFI_FILE, "certifi 2026.10.18"),
    StoreName.BUNDLE: (BUNDLE_FILE, "REQUESTS_CA_BUNDLE"),
    StoreName.SYSTEM: (SYSTEM_FILE, "OpenSSL's default paths"),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is sent, what each store holds (None: not configured), and what differs from usual.

    `answers` replaces what OpenSSL says of a store (`strict_answers`: under the strict profile);
    `seen` is the leaf that a store's connection was shown.
    """

    sent: Sequence[Issued] = ()
    certifi: Sequence[Issued] = ()
    bundle: Sequence[Issued] | None = None
    system: Sequence[Issued] | None = ()
    host: str = HOST
    route: Route = STRAIGHT
    addresses: tuple[str, ...] = (PRIVATE,)
    instant: datetime = NOW
    fetches: Mapping[str, Sequence[Issued] | str] = field(default_factory=dict)
    answers: Mapping[StoreName, Failure | None] = field(default_factory=dict)
    strict_answers: Mapping[StoreName, Failure | None] = field(default_factory=dict)
    seen: Mapping[StoreName, Issued] = field(default_factory=dict)
    certifi_version: str = "2026.10.18"
    certifi_added: Sequence[Issued] = ()
    certifi_released: date = date(2026, 10, 18)
    settings: tuple[BundleSetting, ...] = ()
    system_chosen_by: str | None = None
    system_complete: bool = True
    python: str = "3.12.4"

    def case(self) -> Case:
        """The case that follows from it."""
        held = self._held()
        fetched = [
            each for found in self.fetches.values() if not isinstance(found, str) for each in found
        ]
        ders = dict.fromkeys(
            each.der for each in (*self.sent, *fetched, *(a for s in held.values() for a in s))
        )
        observation = Observation(
            target=self._target(),
            attempts=tuple(self._attempts(held)),
            capture=Capture(tuple(each.sha256 for each in self.sent), address=PUBLIC),
            addresses=self.addresses,
            fetches=tuple(_fetch(url, found) for url, found in self.fetches.items()),
        )
        recording = Recording(
            surroundings=Surroundings(
                self.instant, Platform.LINUX, "Linux", self.python, "OpenSSL 3.0.13"
            ),
            stores=tuple(self._store(name, held.get(name)) for name in StoreName),
            certifi=CertifiFacts(
                self.certifi_version,
                self.certifi_released,
                CERTIFI_FILE,
                Integrity.SHIPPED,
                tuple(each.sha256 for each in self.certifi_added),
            ),
            bundle_settings=self._settings(),
            certificates=tuple(ders),
            observations=(observation,),
        )
        ground = Ground(
            sent=_read(self.sent),
            fetched=_read(fetched),
            anchors={name: _read(found) for name, found in held.items()},
            instant=self.instant,
        )
        return Case(
            recording,
            observation,
            {fingerprint(der): read_certificate(der) for der in ders},
            {name: walk_store(ground, name) for name in held},
            walk_everything(ground),
        )

    def _held(self) -> dict[StoreName, Sequence[Issued]]:
        configured = {
            StoreName.CERTIFI: self.certifi,
            StoreName.BUNDLE: self.bundle,
            StoreName.SYSTEM: self.system,
        }
        return {name: found for name, found in configured.items() if found is not None}

    def _target(self) -> Target:
        is_address = self.host.replace(".", "").isdigit()
        return Target(self.host, 443, self.host, self.host, is_address, self.route)

    def _attempts(self, held: Mapping[StoreName, Sequence[Issued]]) -> list[Attempt]:
        made = []
        for name, anchors in held.items():
            for profile in Profile:
                failure = self._answer(name, anchors, profile)
                leaf = self.seen.get(name, self.sent[0] if self.sent else None)
                shown = leaf.sha256 if leaf and failure is None else None
                made.append(Attempt(name, profile, "openssl", failure, PUBLIC, shown))
                if failure is not None and failure.trouble is not Trouble.PARTIAL_CHAIN:
                    break  # the probe asks again only where the answer can differ
        return made

    def _answer(
        self, name: StoreName, anchors: Sequence[Issued], profile: Profile
    ) -> Failure | None:
        if profile is Profile.STRICT and name in self.strict_answers:
            return self.strict_answers[name]
        if name in self.answers:
            return self.answers[name]
        chain = [each.der for each in self.sent]
        if not chain:
            return Failure(Stage.CONNECT, Trouble.REFUSED, "Connection refused")
        found = _verify(profile, chain, [each.der for each in anchors], self.instant)
        if found is not None:
            code, depth = found
            strict = profile is Profile.STRICT and code in STRICT_CODES
            trouble = Trouble.STRICT if strict else VERIFY_CODES.get(code, Trouble.OTHER)
            return Failure(Stage.VERIFY, trouble, f"error {code}", code, depth)
        if not names_host(read_certificate(chain[0]), self.host):
            return Failure(Stage.VERIFY, Trouble.NAME_MISMATCH, "Hostname mismatch", 62, 0)
        return None

    def _store(self, name: StoreName, found: Sequence[Issued] | None) -> Store:
        if found is None:
            return Store(name, configured=False)
        place, chosen_by = _FILES[name]
        is_system = name is StoreName.SYSTEM
        if is_system and self.system_chosen_by:
            chosen_by = self.system_chosen_by
        return Store(
            name,
            configured=True,
            places=(place,),
            chosen_by=chosen_by,
            # An honest store has more anchors than those that a walk touches.
            anchors=len(found) + 100,
            kept=tuple(each.sha256 for each in found),
            complete=self.system_complete if is_system else True,
        )

    def _settings(self) -> tuple[BundleSetting, ...]:
        if self.settings or self.bundle is None:
            return self.settings
        count = len(self.bundle) + 100
        return (BundleSetting("REQUESTS_CA_BUNDLE", BUNDLE_FILE, count, "d", probed=True),)


def _read(issued: Sequence[Issued]) -> tuple[Certificate, ...]:
    return tuple(read_certificate(each.der) for each in issued)


def _fetch(url: str, found: Sequence[Issued] | str) -> Fetch:
    if isinstance(found, str):
        return Fetch(url, problem=found)
    return Fetch(url, tuple(each.sha256 for each in found))


def cause(name: str) -> Cause:
    """The catalogue's entry with this id."""
    return entry("diagnose.causes", name.replace("-", "_"), "CAUSE", Cause)


def found(name: str, case: Case) -> Finding:
    """What this cause concludes; it must speak up."""
    finding = cause(name).recognise(case)
    assert finding is not None
    return finding
