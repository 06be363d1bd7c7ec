"""What the causes say when a chain is not trusted: scene by scene, and what they never say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from diagnose.causes._strict_rules import RULES
from diagnose.causes._vendors import PRODUCTS, product_of
from diagnose.chain.names import read_name
from diagnose.chain.reading import read_certificate
from diagnose.demo.pki import Authority
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Confidence,
    ServeIntermediate,
    TrustAnchor,
    UnsetSetting,
)
from diagnose.model.store import StoreName
from diagnose.model.surroundings import Platform
from diagnose.probe.translate import STRICT_CODES
from tests.causes.build import BUNDLE_FILE, CERTIFI_FILE, HOST, Scene, cause, found
from tests.causes.scenes import CA_ISSUERS, ISSUING, LEAF, ROOT, SCENES, sending

IDS = (
    "anchor-nowhere", "anchor-only-in-bundle", "anchor-only-in-certifi", "bundle-shadows",
    "connections-disagree", "cross-sign-expired", "expired", "former-public-root",
    "hostname-mismatch", "interception", "intermediate-as-anchor", "intermediate-not-sent",
    "newer-public-root", "not-yet-valid", "openssl-path", "same-name-other-key",
    "self-signed-server-certificate", "strict-profile",
)  # fmt: skip
HEADINGS = [
    "What you see", "What happened", "How we know", "What to do", "What not to do", "References",
]  # fmt: skip


CAUSES = tuple(sorted(map(cause, IDS), key=lambda each: each.rank))


def said(case: Case) -> list[str]:
    """Two lines a finding: the cause, how sure, who, the kinds of its needs; and the summary."""
    lines = []
    for each in CAUSES:
        finding = each.recognise(case)
        if finding is None:
            continue
        needs = "".join(f" {type(need).__name__}" for need in finding.needs) or " nothing"
        remark = "remark, " if finding.remark else ""
        lines += [
            f"{each.id}: {remark}{finding.confidence}, {finding.who}, needs{needs}",
            f"    {finding.summary}",
        ]
    return lines


def expected() -> dict[str, list[str]]:
    """The lines of `expected.txt`, scene by scene."""
    text = (Path(__file__).parent / "expected.txt").read_text(encoding="utf-8")
    sections = [section.strip().splitlines() for section in text.split("\n# ")[1:]]
    return {name: lines for name, *lines in sections}


@pytest.mark.parametrize("scene", SCENES)
def test_each_scene_has_exactly_its_causes(scene: str) -> None:
    """What is recognised, how surely, who must act and what is said: all of it, and no more."""
    assert expected()[scene] == said(SCENES[scene].case())


def test_scenes_and_expectations_are_one_set() -> None:
    """No scene without an expectation, and every cause speaks in one (two need certifi's past)."""
    lines = [line for found in expected().values() for line in found if line[0] != " "]
    speaking = {line.partition(":")[0] for line in lines}
    assert (set(SCENES), set(IDS) - {"former-public-root", "newer-public-root"}) == (
        set(expected()),
        speaking,
    )


@pytest.mark.parametrize("name", IDS)
def test_every_cause_explains_itself(name: str) -> None:
    """The id is the file's name; the explanation has its six headings and fits a screen's width."""
    one = cause(name)
    lines = one.explanation.splitlines()
    assert (one.id, lines[0]) == (name, f"# {name}")
    assert [line[3:] for line in lines if line.startswith("## ")] == HEADINGS
    assert [line for line in lines if len(line) > 100] == []


@pytest.mark.parametrize(
    ("scene", "name", "needs"),
    [
        (
            "only-in-bundle",
            "anchor-only-in-bundle",
            (TrustAnchor("Corp Root CA", ROOT.sha256, (StoreName.BUNDLE,), BUNDLE_FILE),),
        ),
        (
            "bundle-lacks-it",
            "bundle-shadows",
            (
                UnsetSetting("REQUESTS_CA_BUNDLE", BUNDLE_FILE),
                TrustAnchor(
                    "Corp Root CA",
                    ROOT.sha256,
                    (StoreName.CERTIFI, StoreName.SYSTEM),
                    CERTIFI_FILE,
                ),
            ),
        ),
        (
            "root-sent",
            "anchor-nowhere",
            (TrustAnchor("Corp Root CA", ROOT.sha256, ()),),
        ),
        ("root-not-sent", "anchor-nowhere", (TrustAnchor("Corp Root CA", None, ()),)),
        (
            "leaf-alone-fetched",
            "intermediate-not-sent",
            (ServeIntermediate("Corp Issuing CA", ISSUING.sha256, CA_ISSUERS),),
        ),
        (
            "leaf-alone-issuer-in-system",
            "intermediate-not-sent",
            (ServeIntermediate("Corp Issuing CA", ISSUING.sha256, None),),
        ),
        (
            "intermediate-in-bundle",
            "intermediate-as-anchor",
            (TrustAnchor("Corp Root CA", ROOT.sha256, (StoreName.SYSTEM,)),),
        ),
    ],
)
def test_needs_name_the_certificate_and_where_it_is(
    scene: str, name: str, needs: tuple[object, ...]
) -> None:
    """A remedy can be written from the need alone."""
    assert needs == found(name, SCENES[scene].case()).needs


def test_the_next_obstacle_is_announced() -> None:
    """Once the server sends its intermediate, the system still lacks the root: said beforehand."""
    finding = found("intermediate-not-sent", SCENES["leaf-alone-fetched"].case())
    assert finding.evidence == (
        "the server sent 1 certificate",
        "`CN=Corp Issuing CA,O=Example Corp` is missing; it was found at " + CA_ISSUERS,
        "when it is sent, the operating system will still lack `Corp Root CA`, which is in certifi",
    )


@pytest.mark.parametrize(
    ("scene", "evidence"),
    [
        ("intermediate-in-bundle", "with the default settings of Python 3.13, which accept this,"),
        ("only-in-system", None),
    ],
)
def test_partial_chains_are_compared_with_the_strict_profile(
    scene: str, evidence: str | None
) -> None:
    """Whether Python 3.13's default settings accept the lone intermediate was tried."""
    finding = cause("intermediate-as-anchor").recognise(SCENES[scene].case())
    said = [each for each in finding.evidence if "3.13" in each] if finding else []
    assert [each.startswith(evidence or "") for each in said] == ([True] if evidence else [])


def test_an_incomplete_listing_makes_no_certainty() -> None:
    """Where the platform cannot list its whole store, an absent anchor is only likely absent."""
    scene = replace(SCENES["only-in-certifi"], system_complete=False)
    assert found("anchor-only-in-certifi", scene.case()).confidence is Confidence.LIKELY


# --- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "product"),
    [
        ("organization", "Zscaler Inc.", "Zscaler"),
        ("common_name", "ca.example.goskope.com", "Netskope"),
        ("common_name", "Cisco Umbrella Secondary SubCA ams-SG", "Cisco Umbrella"),
        ("organization", "Fortinet Ltd.", "Fortinet FortiGate"),
        ("common_name", "Gateway CA - Cloudflare Managed G1 0123abcd", "Cloudflare Gateway"),
        ("common_name", "avast! Web/Mail Shield Root", "Avast"),
        ("organization", "ESET, spol. s r. o.", "ESET"),
        ("common_name", " MITMPROXY ", "mitmproxy"),
        ("common_name", "AdGuard Personal CA", "AdGuard"),
        ("organization", "Cisco", None),
        ("common_name", "Not Zscaler Root CA", None),
        ("organization", "Fortinetworks", None),
        ("common_name", "Big Data CA", None),
    ],
)
def test_products_are_known_by_their_names(field: str, value: str, product: str | None) -> None:
    """Whole values are compared, letter case and blanks around them aside."""
    names = {"organization": "Example Corp", "common_name": "Example CA", field: value}
    root = Authority.root(names["common_name"], organization=names["organization"])
    match = product_of([read_certificate(root.der).subject])
    assert product == (match.product.name if match else None)


def test_each_product_is_listed_once() -> None:
    """A table with two rows for one product would disagree with itself."""
    assert len(PRODUCTS) == len({product.name for product in PRODUCTS})


def test_the_server_s_own_name_betrays_no_product() -> None:
    """A vendor's web site is not an inspected connection."""
    site = ISSUING.leaf(HOST, organization="Zscaler Inc.")
    scene = Scene(sending(site, ISSUING), (), None, (ROOT,))
    assert cause("interception").recognise(scene.case()) is None


def test_every_strict_code_has_its_rule() -> None:
    """OpenSSL's strict codes and the table of rules are one set."""
    assert set(RULES) == STRICT_CODES


@pytest.mark.parametrize("code", sorted(STRICT_CODES))
def test_a_strict_refusal_names_its_rule(code: int) -> None:
    """With the depth known, the certificate and the rule are named together."""
    answer = Failure(Stage.VERIFY, Trouble.STRICT, "refused", code, 1)
    scene = Scene(
        sending(LEAF, ISSUING), (ROOT,), None, (ROOT,), strict_answers={StoreName.SYSTEM: answer}
    )
    finding = found("strict-profile", scene.case())
    assert (
        f"`Corp Issuing CA`, the intermediate certificate, {RULES[code].words};" in finding.summary
    )
    assert f"the rule is in RFC 5280 section {RULES[code].section}" in finding.evidence


@pytest.mark.parametrize("depth", [-1, 3, 99])
def test_a_depth_beyond_the_path_names_no_certificate(depth: int) -> None:
    """A number from elsewhere that fits no certificate here is passed over."""
    answer = Failure(Stage.VERIFY, Trouble.STRICT, "refused", 89, depth)
    scene = replace(SCENES["all-is-well"], strict_answers={StoreName.SYSTEM: answer})
    assert (
        "a certificate of the chain does not mark" in found("strict-profile", scene.case()).summary
    )


# --- hostile input ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["\x1b[2J`evil`", "\u202etxt.exe", "a\nb", "x" * 5000])
def test_hostile_names_are_made_harmless(name: str) -> None:
    """Whatever a certificate calls itself, no finding carries control characters or its length."""
    root = Authority.root(name)
    case = Scene(sending(root.leaf(HOST), root)).case()
    finding = found("anchor-nowhere", case)
    texts = (finding.summary, *finding.evidence)
    assert [text for text in texts if not text.isprintable() or len(text) > 500] == []
    assert finding.summary.count("`") == 2


def test_names_of_any_bytes_are_read() -> None:
    """A name that is none matches no product and raises nothing."""
    assert product_of([read_name(b"\x30\x03\x31\x01\x00"), read_name(b"")]) is None


def test_the_causes_do_not_depend_on_the_platform() -> None:
    """The same facts give the same words for a recording from another operating system."""
    case = SCENES["inspected"].case()
    surroundings = replace(case.surroundings, platform=Platform.WINDOWS)
    elsewhere = replace(case, recording=replace(case.recording, surroundings=surroundings))
    assert said(case) == said(elsewhere)
