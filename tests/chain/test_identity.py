"""Host names against certificates; the judge is this interpreter's own handshake."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose.chain.identity import matches, names_host, nearest_name, presented_names
from diagnose.chain.reading import read_certificate
from diagnose.demo.pki import Authority, Credential
from tests.chain.judges import handshake

ROOT = Authority.root()

#: OpenSSL's codes for a name and an address that do not match.
MISMATCH = {62, 64}

#: Names of the certificate, host, whether OpenSSL accepts it.
NAMES: list[tuple[tuple[str, ...], str, bool]] = [
    (("www.example.com",), "www.example.com", True),
    (("WWW.Example.COM",), "www.example.com", True),
    (("www.example.com",), "example.com", False),
    (("a.example.com", "b.example.com"), "b.example.com", True),
    (("localhost",), "localhost", True),
    (("*.example.com",), "www.example.com", True),
    (("*.EXAMPLE.com",), "www.example.com", True),
    (("*.example.com",), "example.com", False),
    (("*.example.com",), "a.b.example.com", False),
    (("*.com",), "example.com", False),
    (("*",), "localhost", False),
    (("w*.example.com",), "www.example.com", False),
    (("*w.example.com",), "www.example.com", False),
    (("www.*.com",), "www.example.com", False),
    (("*.*.example.com",), "a.b.example.com", False),
    (("*.example.com",), "a_b.example.com", False),
    (("a_b.example.com",), "a_b.example.com", True),
    (("*.a_b.example.com",), "www.a_b.example.com", False),
    (("*.-a.example.com",), "www.-a.example.com", False),
    (("*.a--b.example.com",), "www.a--b.example.com", True),
    (("*.example.com",), "xn--bcher-kva.example.com", True),
    (("xn--*.example.com",), "xn--bcher-kva.example.com", False),
    (("xn--bcher-kva.example.com",), "xn--bcher-kva.example.com", True),
    (("*.xn--bcher-kva.example",), "www.xn--bcher-kva.example", True),
    (("www.example.com.",), "www.example.com", False),
    (("*.example.com.",), "www.example.com", False),
    (("127.0.0.1",), "127.0.0.1", True),
    (("127.0.0.1",), "127.0.0.2", False),
    (("::1",), "::1", True),
    (("0:0:0:0:0:0:0:1",), "::1", True),
    (("www.example.com",), "127.0.0.1", False),
    (("127.0.0.1",), "www.example.com", False),
]


def leaf(*names: str, common_name: str | None = None) -> Credential:
    return ROOT.leaf(*names, common_name=common_name)


@pytest.mark.parametrize(
    ("names", "host", "accepted"), NAMES, ids=[f"{row[0]}-{row[1]}" for row in NAMES]
)
def test_as_openssl_compares(
    names: tuple[str, ...], host: str, accepted: bool, tmp_path: Path
) -> None:
    """The same answer as X509_check_host and X509_check_ip_asc."""
    server = leaf(*names)
    code = handshake(server, [ROOT.der], tmp_path, host)
    assert code in {0, *MISMATCH}
    assert (names_host(read_certificate(server.der), host), code == 0) == (accepted, accepted)


@pytest.mark.parametrize(
    ("names", "common_name", "host", "accepted"),
    [
        ((), "www.example.com", "www.example.com", True),
        ((), "*.example.com", "www.example.com", True),
        ((), "K.example.com", "k.example.com", True),
        ((), "\u212a.example.com", "k.example.com", False),
        ((), "127.0.0.1", "127.0.0.1", False),
        (("other.example.com",), "www.example.com", "www.example.com", False),
        (("127.0.0.1",), "www.example.com", "www.example.com", True),
        ((), None, "www.example.com", False),
    ],
    ids=[
        "counts without subjectAltName",
        "with a star",
        "in capitals",
        "with a letter that only looks like one",
        "but not for an address",
        "not beside a DNS name",
        "beside an address",
        "no name at all",
    ],
)
def test_the_common_name(
    names: tuple[str, ...], common_name: str | None, host: str, accepted: bool, tmp_path: Path
) -> None:
    """It counts where there is no DNS name, as OpenSSL's default is."""
    server = leaf(*names, common_name=common_name)
    code = handshake(server, [ROOT.der], tmp_path, host)
    assert (names_host(read_certificate(server.der), host), code == 0) == (accepted, accepted)


def test_a_dot_at_the_end_of_the_host() -> None:
    """It is left out, as clients do before they ask OpenSSL; at the end of a pattern it counts."""
    assert matches("www.example.com", "www.example.com.")
    assert matches("*.example.com", "www.example.com.")
    assert not matches("www.example.com.", "www.example.com.")
    assert not matches("", ".")


@pytest.mark.parametrize(
    ("names", "common_name", "expected"),
    [
        (("b.example.com", "127.0.0.1"), "cn.example.com", ("b.example.com", "127.0.0.1")),
        ((), "cn.example.com", ("cn.example.com",)),
        (("127.0.0.1",), "cn.example.com", ("cn.example.com", "127.0.0.1")),
        ((), None, ()),
    ],
)
def test_presented_names(
    names: tuple[str, ...], common_name: str | None, expected: tuple[str, ...]
) -> None:
    """All names it is valid for, addresses last."""
    certificate = read_certificate(leaf(*names, common_name=common_name).der)
    assert presented_names(certificate) == expected


def test_the_nearest_name() -> None:
    """The one that is most alike; none where there is none."""
    certificate = read_certificate(leaf("mail.example.org", "www.example.com").der)
    assert nearest_name(certificate, "ww.example.com") == "www.example.com"
    assert nearest_name(read_certificate(leaf().der), "www.example.com") is None
