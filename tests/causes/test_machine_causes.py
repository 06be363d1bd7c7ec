"""Causes that lie in files and settings of this machine: what they say, and when they say nothing.

Every case is built from plain facts; nothing is opened. What lies in the network and in proxies
stands in `test_network_causes.py`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.model.attempt import Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Confidence,
    InstallSystemStore,
    ReissueAuthority,
    RenewCertificate,
    RepairFile,
    UnsetSetting,
    UpgradeCertifi,
    Who,
)
from diagnose.model.store import CertifiFacts, DefectKind, FileDefect, Integrity, Store
from tests.causes.machine import (
    BUNDLE,
    CERTIFI,
    HOST,
    STORES,
    SYSTEM,
    Row,
    at,
    bundle,
    case,
    cause,
    certificate,
    defective,
    digest,
    expected,
    fails,
    finding,
    read_from,
    told,
)

CERTAIN = Confidence.CERTAIN
IT, NOBODY, SERVER, USER = Who.IT, Who.NOBODY, Who.SERVER_OWNER, Who.USER

REFUSED = at(Stage.CONNECT, Trouble.REFUSED, "Connection refused", 111)
GONE = FileDefect("/etc/corp.pem", DefectKind.MISSING, "does not exist", fatal=True)
DER = FileDefect("/etc/corp.pem", DefectKind.DER, "is a certificate in DER form", fatal=True)
BOM = FileDefect("/etc/corp.pem", DefectKind.UTF8_BOM, "begins with a mark", fatal=False)
EMPTY = FileDefect("/etc/corp", DefectKind.EMPTY_DIRECTORY, "is an empty directory", fatal=True)
CERTIFI_GONE = replace(GONE, path="/venv/cacert.pem")
CERTIFI_CUT = replace(DER, path="/venv/cacert.pem", kind=DefectKind.BROKEN_BLOCK,
                      detail="is refused as a whole: block 3 (line 60) is cut")  # fmt: skip
SYSTEM_CUT = replace(CERTIFI_CUT, path="/etc/ssl/cert.pem")
CORP_GONE = bundle("REQUESTS_CA_BUNDLE", "/etc/corp.pem", GONE)
CORP_DER = bundle("PIP_CERT", "/etc/corp.pem", DER)
CORP_EMPTY = bundle("SSL_CERT_DIR", "/etc/corp", EMPTY)
CORP_BOM = bundle("PIP_CERT", "/etc/corp.pem", BOM)
FINE = bundle("PIP_CERT", "/etc/fine.pem")
NO_FILE = {BUNDLE: at(Stage.STORE, Trouble.BUNDLE_MISSING, "No such file or directory")}
BAD_FILE = {BUNDLE: at(Stage.STORE, Trouble.BUNDLE_INVALID, "PEM lib")}
UNKNOWN = {BUNDLE: at(Stage.VERIFY, Trouble.ISSUER_UNKNOWN, "unable to get local issuer", 20)}
NO_CERTIFI = {CERTIFI: at(Stage.STORE, Trouble.BUNDLE_INVALID, "no file")}
NO_SYSTEM = {SYSTEM: at(Stage.VERIFY, Trouble.ISSUER_UNKNOWN, "unable to get local issuer", 20)}

SHIPPED = CertifiFacts("2024.7.4", None, "/venv/cacert.pem", Integrity.SHIPPED)
MODIFIED = replace(SHIPPED, integrity=Integrity.MODIFIED)
REDIRECTED = replace(SHIPPED, integrity=Integrity.REDIRECTED, where="/etc/ssl/cert.pem")
ADDED = replace(MODIFIED, added=("c0",), added_names=("CN=Example Corp CA",))
FOUR = replace(MODIFIED, added=("1", "2", "3", "4"), added_names=("A", "B", "C", "D"))
NOTHING_ADDED = replace(SHIPPED, integrity=Integrity.UNKNOWN)
#: A root that certifi has had since 2016, by its real fingerprint.
ISRG = certificate(
    "ISRG Root X1", "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6"
)
LEAF = certificate(HOST, "1eaf")
CORP = certificate("Example Corp CA", "c0")
LACKS = {CERTIFI: at(Stage.VERIFY, Trouble.ISSUER_UNKNOWN, "unable to get local issuer", 20)}
EMPTY_SYSTEM = (*STORES[:2], Store(SYSTEM, True, (), "truststore's list of well-known files", 0,
                                   notes=("no file of trust anchors was found",)))  # fmt: skip

# fmt: off
ROWS = (
    Row("bundle-missing", "probed",
        case(stores_fail=NO_FILE, stores=read_from(CORP_GONE), settings=(CORP_GONE,)),
        "REQUESTS_CA_BUNDLE names the trust file `/etc/corp.pem`, which does not exist",
        CERTAIN, USER, (UnsetSetting("REQUESTS_CA_BUNDLE", "/etc/corp.pem"),)),
    Row("bundle-missing", "named-twice",
        case(stores_fail=NO_FILE, stores=read_from(CORP_GONE),
             settings=(CORP_GONE, replace(CORP_GONE, source="SSL_CERT_FILE", probed=False))),
        "REQUESTS_CA_BUNDLE and SSL_CERT_FILE name the trust file `/etc/corp.pem`,"
        " which does not exist",
        CERTAIN, USER,
        (UnsetSetting("REQUESTS_CA_BUNDLE", "/etc/corp.pem"),
         UnsetSetting("SSL_CERT_FILE", "/etc/corp.pem"))),
    Row("bundle-missing", "not-probed",
        case(settings=(replace(CORP_GONE, source="SSL_CERT_FILE", probed=False),)),
        "SSL_CERT_FILE names the trust file `/etc/corp.pem`, which does not exist",
        CERTAIN, USER, (UnsetSetting("SSL_CERT_FILE", "/etc/corp.pem"),), remark=True),
    Row("bundle-missing", "certifi's-own",
        case(stores_fail=NO_CERTIFI, stores=defective(0, CERTIFI_GONE), certifi=SHIPPED),
        "certifi 2024.7.4 would read its trusted authorities from `/venv/cacert.pem`,"
        " which does not exist",
        CERTAIN, USER, (UpgradeCertifi(None),)),
    Row("bundle-missing", "certifi-redirected",
        case(stores_fail=NO_CERTIFI, stores=defective(0, CERTIFI_GONE), certifi=REDIRECTED),
        "certifi 2024.7.4 would read its trusted authorities from `/venv/cacert.pem`,"
        " which does not exist",
        CERTAIN, USER, (InstallSystemStore(),)),
    Row("bundle-malformed", "probed",
        case(stores_fail=BAD_FILE, stores=read_from(CORP_DER), settings=(CORP_DER,)),
        "the trust file `/etc/corp.pem` (PIP_CERT) is a certificate in DER form",
        CERTAIN, USER, (RepairFile("/etc/corp.pem", DefectKind.DER, "PIP_CERT"),)),
    Row("bundle-malformed", "probed-while-the-network-is-down",
        case(REFUSED, stores=read_from(CORP_DER), settings=(CORP_DER,)),
        "the trust file `/etc/corp.pem` (PIP_CERT) is a certificate in DER form",
        CERTAIN, USER, (RepairFile("/etc/corp.pem", DefectKind.DER, "PIP_CERT"),)),
    Row("bundle-malformed", "empty-folder",
        case(stores_fail=UNKNOWN, stores=read_from(CORP_EMPTY), settings=(CORP_EMPTY,)),
        "the trust folder `/etc/corp` (SSL_CERT_DIR) is an empty directory",
        CERTAIN, USER, (UnsetSetting("SSL_CERT_DIR", "/etc/corp"),)),
    Row("bundle-malformed", "refused-though-it-looked-sound",
        case(stores_fail=BAD_FILE, stores=read_from(FINE), settings=(FINE,)),
        "the trust file `/etc/fine.pem` (PIP_CERT) is refused by the TLS library: PEM lib",
        CERTAIN, USER, (RepairFile("/etc/fine.pem", DefectKind.BROKEN_BLOCK, "PIP_CERT"),)),
    Row("bundle-malformed", "certifi's-own",
        case(stores_fail=NO_CERTIFI, stores=defective(0, CERTIFI_CUT), certifi=MODIFIED),
        "the trust file `/venv/cacert.pem` (certifi 2024.7.4) is refused as a whole:"
        " block 3 (line 60) is cut",
        CERTAIN, USER, (UpgradeCertifi(None),)),
    Row("bundle-malformed", "the-system's",
        case(stores_fail=NO_SYSTEM, stores=defective(2, SYSTEM_CUT)),
        "the trust file `/etc/ssl/cert.pem` (OpenSSL's default paths) is refused as a whole:"
        " block 3 (line 60) is cut",
        CERTAIN, IT,
        (RepairFile("/etc/ssl/cert.pem", DefectKind.BROKEN_BLOCK, "OpenSSL's default paths"),)),
    Row("bundle-malformed", "the-system's-rescued-by-its-folder",
        case(stores=defective(2, SYSTEM_CUT)),
        "the trust file `/etc/ssl/cert.pem` (OpenSSL's default paths) is refused as a whole:"
        " block 3 (line 60) is cut",
        CERTAIN, IT,
        (RepairFile("/etc/ssl/cert.pem", DefectKind.BROKEN_BLOCK, "OpenSSL's default paths"),),
        remark=True),
    Row("bundle-malformed", "odd-but-usable",
        case(stores=read_from(CORP_BOM), settings=(CORP_BOM,)),
        "the trust file `/etc/corp.pem` (PIP_CERT) begins with a mark",
        CERTAIN, USER, (RepairFile("/etc/corp.pem", DefectKind.UTF8_BOM, "PIP_CERT"),),
        remark=True),
    Row("bundles-disagree", "three",
        case(settings=(digest("PIP_CERT", "a", 3, probed=True), digest("SSL_CERT_FILE", "b", 4),
                       digest("SSL_CERT_DIR", "b", 4))),
        "PIP_CERT, SSL_CERT_FILE and SSL_CERT_DIR name trust files with different content,"
        " so that programs can disagree about the same server",
        CERTAIN, USER, remark=True),
    Row("system-store-empty", "no-package", case(stores_fail=NO_SYSTEM, stores=EMPTY_SYSTEM),
        "the operating system's list of trusted authorities is empty here:"
        " likely its package (ca-certificates) is not installed",
        CERTAIN, USER, (InstallSystemStore(),)),
    Row("system-store-empty", "replaced-by-a-variable",
        case(stores_fail=NO_SYSTEM, stores=EMPTY_SYSTEM, variables=(("SSL_CERT_FILE", "/x"),)),
        "the operating system's list of trusted authorities is empty here:"
        " likely because of SSL_CERT_FILE, which puts something else in its place",
        CERTAIN, USER, (UnsetSetting("SSL_CERT_FILE", "/x"), InstallSystemStore())),
    Row("certifi-modified", "added", case(certifi=ADDED),
        "1 authority was added to the list that certifi gives: `CN=Example Corp CA`;"
        " an update of certifi undoes it",
        CERTAIN, USER, remark=True),
    Row("certifi-modified", "four-added", case(certifi=FOUR),
        "4 authorities were added to the list that certifi gives: `A`, `B`, `C` and 1 more;"
        " an update of certifi undoes it",
        CERTAIN, USER, remark=True),
    Row("certifi-modified", "redirected", case(certifi=REDIRECTED),
        "certifi gives another list than its own here: `/etc/ssl/cert.pem`",
        CERTAIN, NOBODY, remark=True),
    Row("certifi-modified", "nothing-added", case(certifi=MODIFIED),
        "certifi's list here is not the one that certifi 2024.7.4 shipped",
        CERTAIN, USER, remark=True),
    Row("certifi-modified", "lost-the-one-that-counts",
        case(stores_fail=LACKS, chain=(LEAF,), anchor=ISRG, certifi=MODIFIED),
        "certifi's list here was changed and lacks `ISRG Root X1`, a public authority that"
        " certifi 2024.7.4 has",
        CERTAIN, USER, (UpgradeCertifi(None),)),
    # --- rules that no other cause is about
    Row("verification-failed", "server's-certificate",
        case(stores_fail=fails(SYSTEM, Trouble.WEAK_KEY, 66, None), chain=(LEAF,)),
        "the operating system refuses the certificate `registry.example.com` of"
        " registry.example.com: it has a key that is too short for the security level here",
        CERTAIN, SERVER, (RenewCertificate(HOST, "1eaf"),)),
    Row("verification-failed", "private-authority",
        case(stores_fail=fails(SYSTEM, Trouble.PATH_LENGTH, 25, 1), chain=(LEAF,), anchor=CORP),
        "the operating system refuses `Example Corp CA`, the root certificate behind"
        " registry.example.com: it stands in a chain longer than an authority in it allows",
        CERTAIN, IT,
        (ReissueAuthority("Example Corp CA",
                          "stands in a chain longer than an authority in it allows"),)),
    Row("verification-failed", "depth-unknown",
        case(stores_fail={**fails(CERTIFI, Trouble.PURPOSE, 26, None),
                          **fails(SYSTEM, Trouble.PURPOSE, 26, None)}, chain=(LEAF,)),
        "certifi and the operating system refuse a certificate in the chain of"
        " registry.example.com: it was not issued for web servers (wrong purpose)",
        CERTAIN, SERVER),
)

#: Neighbours: (cause, id, a case in which it has nothing to say)
SILENCES = (
    ("bundle-missing", "malformed",
     case(stores_fail=BAD_FILE, stores=read_from(CORP_DER), settings=(CORP_DER,))),
    ("bundle-malformed", "missing",
     case(stores_fail=NO_FILE, stores=read_from(CORP_GONE), settings=(CORP_GONE,))),
    ("bundle-malformed", "sound-but-lacks-the-anchor",
     case(stores_fail=UNKNOWN, stores=read_from(FINE), settings=(FINE,))),
    ("bundles-disagree", "equal",
     case(settings=(digest("PIP_CERT", "a", 3), digest("SSL_CERT_FILE", "a", 3)))),
    ("bundles-disagree", "two-halves-of-openssl's",
     case(settings=(digest("SSL_CERT_FILE", "a", 3), digest("SSL_CERT_DIR", "b", 4)))),
    ("system-store-empty", "lacks-one-anchor", case(stores_fail=NO_SYSTEM)),
    ("system-store-empty", "not-listed-in-full",
     case(stores_fail=NO_SYSTEM,
          stores=(*EMPTY_SYSTEM[:2], replace(EMPTY_SYSTEM[2], complete=False)))),
    ("system-store-empty", "its-file-is-damaged",
     case(stores_fail=NO_SYSTEM,
          stores=(*STORES[:2], replace(STORES[2], anchors=0, defects=(SYSTEM_CUT,))))),
    ("certifi-modified", "shipped", case(certifi=SHIPPED)),
    ("certifi-modified", "cannot-be-told", case(certifi=NOTHING_ADDED)),
    ("certifi-modified", "not-installed", case()),
    ("verification-failed", "unknown-issuer", case(stores_fail=LACKS, chain=(LEAF,))),
    ("verification-failed", "other-words-for-a-missing-anchor",
     case(stores_fail=fails(SYSTEM, Trouble.OTHER, -67901, None), chain=(LEAF,))),
    ("verification-failed", "refused", case(REFUSED)),
)

#: (cause, case, the whole evidence)
EVIDENCE = (
    ("bundle-missing",
     case(stores_fail=NO_FILE, stores=read_from(CORP_GONE), settings=(CORP_GONE,)),
     ("`/etc/corp.pem` (REQUESTS_CA_BUNDLE) does not exist",
      "REQUESTS_CA_BUNDLE: requests and pip stop with `OSError`, which names the path")),
    ("bundle-malformed",
     case(stores_fail=BAD_FILE, stores=read_from(CORP_DER), settings=(CORP_DER,)),
     ("`/etc/corp.pem` is a certificate in DER form",
      "PIP_CERT is obeyed by pip, while REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are unset",
      "your bundle: `PEM lib`")),
    ("bundles-disagree",
     case(settings=(digest("PIP_CERT", "a", 1, probed=True), digest("REQUESTS_CA_BUNDLE", "b", 4))),
     (("PIP_CERT names `/etc/a.pem` (1 authority, probed here), obeyed by pip,"
      " while REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are unset"),
      ("REQUESTS_CA_BUNDLE names `/etc/b.pem` (4 authorities), obeyed by"
      " requests, pip, twine and poetry"))),
    ("certifi-modified", case(certifi=ADDED, chain=(LEAF,), anchor=CORP),
     ("`/venv/cacert.pem` has another digest than the release's RECORD says",
      "in no certifi release: `CN=Example Corp CA`",
      "certifi trusts this server only because of what was added")),
    ("verification-failed",
     case(stores_fail=fails(SYSTEM, Trouble.PATH_LENGTH, 25, 1), chain=(LEAF,), anchor=CORP),
     ("the operating system: `OpenSSL's words`, code 25, depth 1",)),
)
# fmt: on


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.cause}-{row.id}")
def test_a_cause_says_what_happened_and_who_must_act(row: Row) -> None:
    """A cause is recognised by its facts, and says all of it in one sentence."""
    assert expected(row) == told(row)


@pytest.mark.parametrize(
    ("name", "facts"),
    [(name, facts) for name, _, facts in SILENCES],
    ids=[f"{name}-{label}" for name, label, _ in SILENCES],
)
def test_a_cause_is_silent_about_its_neighbours(name: str, facts: Case) -> None:
    """A failure of another kind is left to the cause that is about it."""
    assert cause(name).recognise(facts) is None


@pytest.mark.parametrize("name", sorted({row.cause for row in ROWS}))
def test_every_cause_has_a_neighbour_that_it_is_silent_about(name: str) -> None:
    """A cause that always speaks would pass every row above."""
    assert name in {each for each, _, _ in SILENCES}


@pytest.mark.parametrize(
    ("name", "facts", "evidence"), EVIDENCE, ids=[name for name, _, _ in EVIDENCE]
)
def test_the_evidence_tells_the_facts(name: str, facts: Case, evidence: tuple[str, ...]) -> None:
    """What a help desk would ask next stands in the evidence, native words verbatim."""
    assert evidence == finding(name, facts).evidence


def test_a_hostile_path_reaches_no_terminal() -> None:
    """What a variable holds is shown with escapes."""
    gone = bundle("PIP_CERT", "/etc/\x1b[2J", replace(GONE, path="/etc/\x1b[2J"))
    found = finding("bundle-missing", case(settings=(gone,)))
    assert found.summary == r"PIP_CERT names the trust file `/etc/\x1b[2J`, which does not exist"
