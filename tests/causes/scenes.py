"""The stories that the trust causes are tested on: what is sent, and who holds what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from cryptography import x509

from diagnose.demo.pki import Authority, Credential, Issued, self_signed_leaf
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.store import BundleSetting, StoreName
from diagnose.model.target import ThroughProxy
from tests.causes.build import HOST, NOW, PUBLIC, Scene

CA_ISSUERS = "http://ca.example.com/issuing.crt"
PROXY = ThroughProxy("http", "proxy.example.com", 3128, "HTTPS_PROXY")

#: A leaf with this was publicly logged (RFC 6962 section 3.3); its content does not matter here.
SCTS = x509.Extension(
    x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"),
    critical=False,
    value=x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), b"\x04\x02\x00\x00"
    ),
)

ROOT = Authority.root("Corp Root CA")
ISSUING = ROOT.intermediate("Corp Issuing CA")
LEAF = ISSUING.leaf(HOST)
LOGGED = ISSUING.leaf(HOST, extensions=(SCTS,))
OTHER = Authority.root("Unrelated Root CA")

#: The same authority after it was renewed, under a new key.
RENEWED = Authority.root("Corp Root CA", key_label="renewed")
RENEWED_ISSUING = RENEWED.intermediate("Corp Issuing CA", key_label="renewed")
RENEWED_LEAF = RENEWED_ISSUING.leaf(HOST)

WITH_ADDRESS = ISSUING.leaf(HOST, ca_issuers=CA_ISSUERS)
DIRECT_LEAF = ROOT.leaf(HOST)

ZSCALER = Authority.root("Zscaler Root CA", organization="Zscaler Inc.")
ZSCALER_BELOW = ZSCALER.intermediate("Zscaler Intermediate Root CA (zscaler.net) (t) ")
INSPECTED = ZSCALER_BELOW.leaf(HOST)
PLAIN_PROXY_CA = Authority.root("Corp Web Gateway")

DEVICE = self_signed_leaf(HOST)

#: A new authority, known to old machines by the signature of an old one.
OLD, NEW = (
    Authority.root("Old Root CA", not_after=NOW - timedelta(days=40)),
    Authority.root("New Root CA"),
)
CROSS = OLD.cross_sign(NEW, not_after=NOW - timedelta(days=30))
NEW_LEAF = NEW.intermediate("New Issuing CA").leaf(HOST)
NEW_ISSUING = NEW.intermediate("New Issuing CA")

EXPIRED_LEAF = ISSUING.leaf(HOST, not_after=NOW - timedelta(days=12, hours=3))
EXPIRED_ROOT = Authority.root("Expired Root CA", not_after=NOW - timedelta(days=100))
EXPIRED_ISSUING = ROOT.intermediate("Expired Issuing CA", not_after=NOW - timedelta(days=5))
FUTURE_LEAF = ISSUING.leaf(HOST, not_before=NOW + timedelta(days=9))
FRESH_LEAF = ISSUING.leaf(HOST, not_before=NOW + timedelta(hours=5))

#: Two roots of one name, without key identifiers: OpenSSL can only take the first.
TWIN = Authority.root("Twin Root CA", ski=False, key_label="first")
TWIN_RIGHT = Authority.root("Twin Root CA", ski=False, key_label="second")
TWIN_LEAF = TWIN_RIGHT.leaf(HOST, aki=False)

LAX_ROOT = Authority.root("Lax Root CA", basic_constraints_critical=False)
#: What OpenSSL 3.0 says of it; later versions let it pass, and so no depth is known.
NOT_CRITICAL = Failure(Stage.VERIFY, Trouble.STRICT, "Basic Constraints not critical", 89)
CN_ONLY = ISSUING.leaf(common_name=HOST)
NO_NAME = Failure(Stage.VERIFY, Trouble.NAME_MISMATCH, "Hostname mismatch", 62, 0)
BARE_LEAF = ROOT.leaf(HOST, aki=False)

BEFORE_ALL = datetime(2019, 6, 1, tzinfo=timezone.utc)


def sending(leaf: Credential, *others: Issued) -> tuple[Issued, ...]:
    return (leaf, *others)


SSL_CERT_FILE = BundleSetting("SSL_CERT_FILE", "/opt/old/ca.pem", 3, "s")

SCENES = {
    "all-is-well": Scene(sending(LOGGED, ISSUING), (ROOT,), (ROOT,), (ROOT,)),
    "only-in-system": Scene(sending(LEAF, ISSUING), (), None, (ROOT,)),
    "only-in-bundle": Scene(sending(LEAF, ISSUING), (), (ROOT,), ()),
    "only-in-certifi": Scene(sending(LEAF, ISSUING), (ROOT,), None, ()),
    "only-in-certifi-by-hand": Scene(
        sending(LEAF, ISSUING), (ROOT,), None, (), certifi_added=(ROOT,)
    ),
    "only-in-certifi-by-variable": Scene(
        sending(LEAF, ISSUING),
        (ROOT,),
        None,
        (),
        settings=(SSL_CERT_FILE,),
        system_chosen_by="SSL_CERT_FILE and OpenSSL's default paths",
    ),
    "bundle-lacks-it": Scene(sending(LEAF, ISSUING), (ROOT,), (OTHER,), (ROOT,)),
    "bundle-variable-lacks-it": Scene(
        sending(LEAF, ISSUING),
        (ROOT,),
        (OTHER,),
        (OTHER,),
        settings=(replace(SSL_CERT_FILE, probed=True),),
        system_chosen_by="SSL_CERT_FILE and OpenSSL's default paths",
    ),
    "root-sent": Scene(sending(LEAF, ISSUING, ROOT)),
    "root-fetched": Scene(sending(LEAF, ISSUING), fetches={CA_ISSUERS: (ROOT,)}),
    "root-not-sent": Scene(sending(LEAF, ISSUING), (), (), ()),
    "leaf-alone": Scene(sending(LEAF)),
    "leaf-alone-with-address": Scene(
        sending(WITH_ADDRESS), fetches={CA_ISSUERS: "not asked: --no-aia"}
    ),
    "leaf-alone-fetched": Scene(
        sending(WITH_ADDRESS), (ROOT,), None, (), fetches={CA_ISSUERS: (ISSUING,)}
    ),
    "leaf-alone-issuer-in-system": Scene(sending(LEAF), (), None, (ISSUING, ROOT)),
    "stale-issuer-sent": Scene(sending(RENEWED_LEAF, ISSUING), (ROOT,), None, (ROOT,)),
    "self-signed": Scene(sending(DEVICE), (), (), ()),
    "self-signed-trusted": Scene(sending(DEVICE), (), (DEVICE,), ()),
    "inspected": Scene(sending(INSPECTED, ZSCALER_BELOW, ZSCALER), addresses=(PUBLIC,)),
    "inspected-trusted": Scene(
        sending(INSPECTED, ZSCALER_BELOW), (ZSCALER,), None, (ZSCALER,), addresses=(PUBLIC,)
    ),
    "inspected-nearby": Scene(sending(ZSCALER.leaf("10.0.0.7")), host="10.0.0.7"),
    "proxy-and-unlogged": Scene(
        sending(PLAIN_PROXY_CA.leaf(HOST)), (), None, (PLAIN_PROXY_CA,), route=PROXY
    ),
    "proxy-only": Scene(
        sending(PLAIN_PROXY_CA.leaf("git.corp")),
        (),
        None,
        (PLAIN_PROXY_CA,),
        host="git.corp",
        route=PROXY,
    ),
    "proxy-and-logged": Scene(sending(LOGGED), route=PROXY),
    "unlogged-at-a-public-address": Scene(
        sending(LEAF, ISSUING), (), None, (ROOT,), addresses=(PUBLIC,)
    ),
    "unlogged-but-trusted": Scene(
        sending(LEAF, ISSUING), (ROOT,), None, (ROOT,), addresses=(PUBLIC,)
    ),
    "logged-at-a-public-address": Scene(
        sending(LOGGED, ISSUING), (), None, (ROOT,), addresses=(PUBLIC,)
    ),
    "intermediate-in-bundle": Scene(sending(LEAF, ISSUING), (), (ISSUING,), (ROOT,)),
    "intermediate-in-bundle-root-sent": Scene(sending(LEAF, ISSUING, ROOT), (), (ISSUING,), ()),
    "leaf-in-bundle": Scene(sending(LEAF, ISSUING), (), (LEAF,), (ROOT,)),
    "old-key-in-bundle": Scene(sending(RENEWED_LEAF, RENEWED_ISSUING), (), (ROOT,), (RENEWED,)),
    "old-key-everywhere": Scene(
        sending(RENEWED_LEAF, RENEWED_ISSUING, RENEWED), (), (ROOT,), (ROOT,)
    ),
    "cross-sign-only-old": Scene(sending(NEW_LEAF, NEW_ISSUING, CROSS), (NEW,), (OLD,), (NEW,)),
    "cross-sign-spare": Scene(sending(NEW_LEAF, NEW_ISSUING, CROSS), (NEW,), None, (NEW,)),
    "cross-sign-root-missing": Scene(sending(NEW_LEAF, NEW_ISSUING, CROSS), (), None, (NEW,)),
    "twins": Scene(sending(TWIN_LEAF), (), (TWIN, TWIN_RIGHT), ()),
    "twins-in-order": Scene(sending(TWIN_LEAF), (TWIN_RIGHT,), (TWIN_RIGHT, TWIN), (TWIN_RIGHT,)),
    "leaf-expired": Scene(sending(EXPIRED_LEAF, ISSUING), (ROOT,), None, (ROOT,)),
    "leaf-expired-under-unknown-root": Scene(sending(EXPIRED_LEAF, ISSUING)),
    "private-root-expired": Scene(sending(EXPIRED_ROOT.leaf(HOST)), (), None, (EXPIRED_ROOT,)),
    "two-expired": Scene(
        sending(EXPIRED_ISSUING.leaf(HOST, not_after=NOW - timedelta(days=3)), EXPIRED_ISSUING),
        (ROOT,),
        None,
        (ROOT,),
    ),
    "expired-accepted": Scene(
        sending(EXPIRED_ROOT.leaf(HOST)),
        (),
        None,
        (EXPIRED_ROOT,),
        answers={StoreName.CERTIFI: None, StoreName.SYSTEM: None},
    ),
    "leaf-future": Scene(sending(FUTURE_LEAF, ISSUING), (ROOT,), None, (ROOT,)),
    "leaf-fresh": Scene(sending(FRESH_LEAF, ISSUING), (ROOT,), None, (ROOT,)),
    "all-future": Scene(
        sending(LEAF, ISSUING),
        (ROOT,),
        None,
        (ROOT,),
        instant=BEFORE_ALL,
        certifi_released=date(2018, 1, 1),
    ),
    "certifi-from-the-future": Scene(
        sending(FUTURE_LEAF, ISSUING), (ROOT,), None, (ROOT,), certifi_released=date(2027, 3, 1)
    ),
    "other-name": Scene(
        sending(ISSUING.leaf("example.com", "shop.example.com"), ISSUING), (ROOT,), None, (ROOT,)
    ),
    "other-name-hidden": Scene(
        sending(ISSUING.leaf("*.example.com"), ISSUING), host="a.b.example.com"
    ),
    "address-for-name": Scene(sending(LEAF, ISSUING), (ROOT,), None, (ROOT,), host="10.0.0.7"),
    "name-accepted-anyway": Scene(
        sending(LEAF, ISSUING),
        (ROOT,),
        None,
        (ROOT,),
        host="other.example.com",
        answers={StoreName.CERTIFI: None, StoreName.SYSTEM: None},
    ),
    "lax-root": Scene(
        sending(LAX_ROOT.leaf(HOST)),
        (LAX_ROOT,),
        None,
        (LAX_ROOT,),
        strict_answers={StoreName.CERTIFI: NOT_CRITICAL, StoreName.SYSTEM: NOT_CRITICAL},
    ),
    "name-only-in-common-name": Scene(
        sending(CN_ONLY, ISSUING),
        (ROOT,),
        None,
        (ROOT,),
        strict_answers={StoreName.CERTIFI: NO_NAME, StoreName.SYSTEM: NO_NAME},
    ),
    "strict-cut-off": Scene(
        sending(LEAF, ISSUING),
        (ROOT,),
        None,
        (ROOT,),
        strict_answers={StoreName.SYSTEM: Failure(Stage.HANDSHAKE, Trouble.RESET, "reset")},
    ),
    "bare-leaf": Scene(sending(BARE_LEAF), (), None, (ROOT,)),
    "two-leaves": Scene(
        sending(LOGGED, ISSUING), (ROOT,), None, (ROOT,), seen={StoreName.SYSTEM: LEAF}
    ),
    "nothing-sent": Scene(),
}
