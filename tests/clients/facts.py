"""Cases for clients: which of the three stores verify, which settings name a bundle, where.

The certificates are real (demo PKI), the attempts' answers OpenSSL's own (tests.causes.build).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from diagnose.demo.pki import Issued
from diagnose.model.attempt import Attempt, Failure, Profile, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.store import BundleSetting, DefectKind, FileDefect, Integrity, StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.target import ThroughProxy
from tests.causes.build import BUNDLE_FILE, STRAIGHT, Scene
from tests.causes.scenes import ISSUING, LEAF, OTHER, ROOT

PROXY = ThroughProxy("http", "proxy.example.com", 3128, "HTTPS_PROXY")
UNKNOWN = Trouble.ISSUER_UNKNOWN


def facts(
    holding: str = "",
    *,
    pip: str | None = None,
    requests: str | None = None,
    urllib3: str | None = None,
    truststore: str | None = None,
    bundle: bool = True,
    settings: Sequence[BundleSetting] = (),
    variables: Mapping[str, str] | None = None,
    platform: Platform = Platform.LINUX,
    proxied: bool = False,
    python: str = "3.12.4",
    places: tuple[str, ...] = (),
    strict: Mapping[StoreName, Failure | None] | None = None,
    sent: Sequence[Issued] = (LEAF, ISSUING),
    added: bool = False,
    integrity: Integrity = Integrity.SHIPPED,
    host: str = "www.example.com",
    unreached: bool = False,
) -> Case:
    """`holding` names the stores that have the root: "certifi bundle system".

    The bundle is the one that the first of `settings` names (none: not configured). `variables`
    are set beside those of the settings.
    """
    held = {name: (ROOT if name in holding.split() else OTHER,) for name in StoreName}
    configured = bool(settings) and bundle
    scene = Scene(
        sent,
        certifi=held[StoreName.CERTIFI],
        bundle=held[StoreName.BUNDLE] if configured else None,
        system=held[StoreName.SYSTEM],
        host=host,
        route=PROXY if proxied else STRAIGHT,
        settings=tuple(settings),
        strict_answers=strict or {},
        python=python,
        certifi_added=(ROOT,) if added else (),
    )
    case = scene.case()
    named = {each.source: each.path for each in settings}
    shown = {
        name: value
        for name, value in {**named, **(variables or {})}.items()
        if not name.startswith(("pip ", "--"))
    }
    versions = {"pip": pip, "requests": requests, "urllib3": urllib3, "truststore": truststore}
    around = replace(
        case.surroundings,
        platform=platform,
        environment=tuple(shown.items()),
        versions=tuple((name, each) for name, each in versions.items() if each),
    )
    stores = tuple(
        replace(each, places=places or each.places)
        if each.name is StoreName.SYSTEM
        else replace(each, places=(settings[0].path,), chosen_by=settings[0].source)
        if each.name is StoreName.BUNDLE and settings
        else each
        for each in case.recording.stores
    )
    certifi = case.recording.certifi
    assert certifi is not None
    recording = replace(
        case.recording,
        surroundings=around,
        stores=stores,
        certifi=replace(certifi, integrity=integrity),
    )
    observation = case.observation
    broken = next((each for each in settings[:1] if each.anchors is None), None)
    if broken is not None:
        observation = replace(
            observation,
            attempts=tuple(
                Attempt(each.store, each.profile, "openssl", _loading(broken))
                if each.store is StoreName.BUNDLE
                else each
                for each in observation.attempts
            ),
        )
    if unreached:
        refused = Failure(Stage.CONNECT, Trouble.REFUSED, "Connection refused")
        observation = replace(
            observation,
            attempts=tuple(
                Attempt(each, Profile.DEFAULT, "openssl", refused)
                for each in StoreName
                if each is not StoreName.BUNDLE or configured
            ),
        )
    recording = replace(recording, observations=(observation,))
    return replace(case, recording=recording, observation=observation)


def names(source: str, path: str = BUNDLE_FILE, content: str | None = "a") -> BundleSetting:
    """A setting that can be read; the first of a case is the one that was probed."""
    return BundleSetting(source, path, 3, content)


def probed(source: str, path: str = BUNDLE_FILE, content: str | None = "a") -> BundleSetting:
    return replace(names(source, path, content), probed=True)


def broken(source: str, kind: DefectKind, *, first: bool = False) -> BundleSetting:
    """A setting whose file is of no use."""
    path = f"/broken/{kind}"
    return BundleSetting(source, path, None, None, (FileDefect(path, kind, "is bad", True),), first)


def _loading(setting: BundleSetting) -> Failure | None:
    kind = setting.defects[0].kind
    known = {
        DefectKind.MISSING: Trouble.BUNDLE_MISSING,
        DefectKind.UNREADABLE: Trouble.BUNDLE_UNREADABLE,
    }
    return Failure(Stage.STORE, known.get(kind, Trouble.BUNDLE_INVALID), "cannot be loaded")
