"""What certifi's past says of a chain: former roots, newer ones, and those that only look alike."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from cryptography import x509

from diagnose.chain import public_roots
from diagnose.chain.public_roots import PublicRoot
from diagnose.chain.reading import read_certificate
from diagnose.demo.pki import Authority, Issued
from diagnose.model.diagnosis import (
    Confidence,
    RenewCertificate,
    UpgradeCertifi,
    UseSystemStore,
    Who,
)
from tests.causes.build import HOST, Scene, cause, found
from tests.causes.scenes import ROOT, SCENES, sending


def public(root: Issued, first: str, last: str, absent_from: str | None) -> PublicRoot:
    certificate = read_certificate(root.der)
    return PublicRoot(
        sha256=root.sha256,
        label=certificate.subject.short,
        subject_der_sha256=hashlib.sha256(certificate.subject.der).hexdigest(),
        spki_sha256=certificate.spki_sha256,
        key_ids=(certificate.key_id or "",),
        not_after=datetime(2045, 1, 1, tzinfo=timezone.utc),
        first=first,
        last=last,
        absent_from=absent_from,
    )


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certifi that dropped `Former Root CA` in 2021.10.8 and has `Current Root CA` since 2023."""
    roots = (
        public(FORMER, "2016.2.28", "2021.5.30", "2021.10.8"),
        public(CURRENT, "2023.5.7", "2026.10.18", None),
    )
    history = public_roots._History(
        ("2016.2.28", "2021.5.30", "2021.10.8", "2023.5.7", "2026.10.18"),
        {root.sha256: root for root in roots},
        {root.subject_der_sha256: (root,) for root in roots},
        {(root.subject_der_sha256, root.spki_sha256): (root,) for root in roots},
    )
    monkeypatch.setattr(public_roots, "_history", lambda: history)


FORMER = Authority.root("Former Root CA")
CURRENT = Authority.root("Current Root CA")
#: The name and the key identifier of a former root, and another key.
FORGED = Authority.root(
    "Former Root CA",
    key_label="forged",
    ski=False,
    extensions=(
        x509.Extension(
            x509.SubjectKeyIdentifier.oid, False, x509.SubjectKeyIdentifier(FORMER.key_id)
        ),
    ),
)


def chain(root: Authority, *, aki: bool = True) -> tuple[Issued, ...]:
    issuing = root.intermediate("Public Issuing CA", aki=aki)
    return sending(issuing.leaf(HOST), issuing)


FORMER_SAID = (
    f"{HOST} relies on `Former Root CA`, an authority that certifi dropped in 2021.10.8;"
    " certifi 2026.10.18 is installed here"
)
NEWER_SAID = (
    f"certifi 2021.10.8 is too old for {HOST}: it does not know the public authority"
    " `Current Root CA`, which certifi has since 2023.5.7"
)


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize(
    ("scene", "confidence", "still_in_system"),
    [
        (Scene(chain(FORMER), (), None, (FORMER,)), Confidence.CERTAIN, True),
        (Scene((*chain(FORMER), FORMER)), Confidence.CERTAIN, False),
        (Scene(chain(FORMER)), Confidence.LIKELY, False),
        (Scene(chain(FORMER, aki=False)), Confidence.POSSIBLE, False),
    ],
    ids=["in-system", "sent", "by-key-identifier", "by-name-alone"],
)
def test_a_former_public_root_is_told(
    scene: Scene, confidence: Confidence, still_in_system: bool
) -> None:
    """The release that dropped it is named; nobody is told to trust it again."""
    leaf = scene.sent[0]
    finding = found("former-public-root", scene.case())
    use = (UseSystemStore("Former Root CA"),) if still_in_system else ()
    assert (finding.summary, finding.confidence, finding.who, finding.needs) == (
        FORMER_SAID,
        confidence,
        Who.SERVER_OWNER,
        (RenewCertificate(HOST, leaf.sha256), *use),
    )


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize(
    ("scene", "confidence"),
    [
        (Scene(chain(CURRENT), (), None, (CURRENT,)), Confidence.CERTAIN),
        (Scene(chain(CURRENT)), Confidence.LIKELY),
    ],
    ids=["in-system", "by-key-identifier"],
)
def test_a_newer_public_root_is_told(scene: Scene, confidence: Confidence) -> None:
    """The first release that has it is what to update to."""
    finding = found("newer-public-root", replace(scene, certifi_version="2021.10.8").case())
    assert (finding.summary, finding.confidence, finding.who, finding.needs) == (
        NEWER_SAID,
        confidence,
        Who.USER,
        (UpgradeCertifi("2023.5.7"),),
    )


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize(
    "scene",
    [
        Scene(chain(FORMER), (FORMER,), None, ()),
        Scene(chain(FORMER), (), None, (FORMER,), certifi_version="2021.5.30"),
        Scene(chain(CURRENT), (), None, (CURRENT,)),
        Scene(chain(ROOT), (), None, (ROOT,)),
        Scene((*chain(FORGED, aki=False), FORGED)),
    ],
    ids=["certifi-has-it", "release-has-it", "release-has-newer", "never-public", "forged"],
)
def test_other_roots_are_no_public_ones(scene: Scene) -> None:
    """Held, shipped with the installed release, private, or a public name on another key."""
    case = scene.case()
    said = [cause(name).recognise(case) for name in ("former-public-root", "newer-public-root")]
    assert said == [None, None]


@pytest.mark.usefixtures("past")
def test_a_public_name_on_another_key_is_a_sign_of_interception() -> None:
    """Whoever takes a public authority's name has something to hide."""
    finding = found("interception", Scene((*chain(FORGED, aki=False), FORGED)).case())
    assert finding.evidence == (
        "no certifi release since 2015 had this key of `CN=Former Root CA,O=Example Corp`",
        "it has the name of a public authority, with another key",
    )


@pytest.mark.usefixtures("past")
def test_a_public_root_is_no_interception() -> None:
    """A server under a public authority was not opened on the way, proxy or not."""
    scene = replace(SCENES["proxy-and-unlogged"], sent=chain(CURRENT), system=(CURRENT,))
    assert cause("interception").recognise(scene.case()) is None
