"""caIssuers addresses: what is taken, what is refused, and that every answer is bounded."""

from __future__ import annotations

import base64
import select
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from diagnose.demo.loopback import Connection, Request, listening
from diagnose.demo.servers import (
    certificate_file_server,
    http_server,
    plain_http_server,
    refused_port,
    tls_server,
)
from diagnose.model.attempt import Fetch
from diagnose.probe import fetching
from diagnose.probe.fetching import SIZE_LIMIT, Fetched, fetch
from tests.probe.world import ISSUING, OTHER, ROOT, prints

HERE = ("127.0.0.1",)


def bag(*ders: bytes, encoding: Encoding = Encoding.DER) -> bytes:
    certificates = [x509.load_der_x509_certificate(der) for der in ders]
    return pkcs7.serialize_certificates(certificates, encoding)


WRAPPED = base64.encodebytes(bag(ISSUING.der))

#: What a server may answer, and the certificates that are taken from it.
BODIES = {
    "DER": (ISSUING.der, (ISSUING.der,)),
    "DER with an appendix": (ISSUING.der + b"\r\n", (ISSUING.der,)),
    "PEM": (ISSUING.pem.encode(), (ISSUING.der,)),
    "PEM with text and CRLF": (
        b"Subject: x\r\n" + ISSUING.pem.encode().replace(b"\n", b"\r\n"),
        (ISSUING.der,),
    ),
    "PKCS#7": (bag(ISSUING.der, ROOT.der), (ISSUING.der, ROOT.der)),
    "PKCS#7 in PEM": (bag(ISSUING.der, encoding=Encoding.PEM), (ISSUING.der,)),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_certificate_is_taken_in_every_usual_form(name: str) -> None:
    """DER and PKCS#7 as RFC 5280 wants them, and the PEM that some servers have instead."""
    body, wanted = BODIES[name]
    with certificate_file_server(body) as server:
        found = fetch(server.url("/ca.cer"), HERE)
    assert sorted(found.certificates) == sorted(wanted)
    assert found.fetch == Fetch(server.url("/ca.cer"), prints(*found.certificates))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Not found</html>",
        ISSUING.der[:-1],
        b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n",
        b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n",
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x00\x00\x00\x00",
        b"\x30" * 5000,
    ],
    ids=[
        "empty", "HTML", "cut", "no base64", "begun", "empty bag", "BER", "nested"
    ],
)  # fmt: skip
def test_what_holds_no_certificate_is_a_problem(body: bytes) -> None:
    """Garbage of any kind is told in one sentence."""
    with certificate_file_server(body) as server:
        found = fetch(server.url("/ca.cer"), HERE)
    assert found == Fetched(Fetch(server.url("/ca.cer"), problem="the answer holds no certificate"))


def test_the_request_says_no_more_than_it_must() -> None:
    """One GET, with the host, and nothing about who asks."""
    with certificate_file_server(ISSUING.der) as server:
        fetch(f"{server.url('/ca.cer')}?a=b#c", HERE)
    assert server.requests == [
        Request(
            "GET /ca.cer?a=b HTTP/1.1",
            (
                ("Host", f"127.0.0.1:{server.port}"),
                ("User-Agent", "tls-diagnose"),
                ("Accept", "*/*"),
                ("Connection", "close"),
            ),
        )
    ]


def test_ipv6_is_named_in_brackets() -> None:
    """The Host field of an IPv6 address has brackets (RFC 9112 section 3.2)."""
    with http_server({"/ca.cer": ISSUING.der}, host="::1") as server:
        found = fetch(server.url("/ca.cer"), ["::1"])
    assert found.certificates == (ISSUING.der,)
    assert server.requests[0].field("Host") == f"[::1]:{server.port}"


@contextmanager
def answering(*answers: str) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers (heads and bodies) in turn, and what it was asked."""
    asked: list[str] = []

    def handle(connection: Connection) -> None:
        request = connection.request()
        if request is not None:
            asked.append(request.target)
            answer = answers[min(len(asked), len(answers)) - 1]
            connection.send(answer.replace("\n", "\r\n").encode("latin-1"))

    with listening(handle) as port:
        yield f"http://127.0.0.1:{port}", asked


def moved(there: str, status: str = "302 Found") -> str:
    return f"HTTP/1.1 {status}\nLocation: {there}\nContent-Length: 0\n\n"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 X", "308 Y"])
def test_one_redirect_is_followed(status: str) -> None:
    """Issuers move their files; where to, may be said with or without a host."""
    with (
        certificate_file_server(ISSUING.der, "/new.cer") as server,
        answering(moved(server.url("/new.cer"), status)) as (url, _),
    ):
        assert fetch(f"{url}/ca.cer", HERE).certificates == (ISSUING.der,)


def test_a_redirect_may_be_relative() -> None:
    """RFC 9110 section 10.2.2 allows it."""
    answer = "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc"
    with answering(moved("../new.cer"), answer) as (url, asked):
        fetch(f"{url}/a/ca.cer", HERE)
    assert asked == ["/a/ca.cer", "/new.cer"]


def test_a_second_redirect_is_not_followed() -> None:
    """A chain of redirects leads nowhere that is worth it."""
    with answering(moved("/2"), moved("/3"), moved("/4")) as (url, asked):
        found = fetch(f"{url}/1", HERE)
    assert found.fetch.problem == "the answer is 302 Found"
    assert asked == ["/1", "/2"]


@pytest.mark.parametrize(
    ("there", "problem"),
    [
        ("https://127.0.0.1/ca.cer", "it is not an http:// address"),
        ("ftp://127.0.0.1/ca.cer", "it is not an http:// address"),
        ("file:///etc/passwd", "it is no address"),
        ("http://127.0.0.1:99999/", "it is no address"),
        ("http://[::1", "the answer is not HTTP"),
        ("http://a b/", "it is no address"),
    ],
)
def test_a_redirect_to_elsewhere_is_refused(there: str, problem: str) -> None:
    """The bounds hold for where it leads as for where it began."""
    with answering(moved(there)) as (url, asked):
        assert fetch(f"{url}/ca.cer", HERE).fetch.problem == problem
    assert asked == ["/ca.cer"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://127.0.0.1/ca.cer", "it is not an http:// address"),
        ("ldap://127.0.0.1/cn=CA", "it is not an http:// address"),
        ("file:///etc/passwd", "it is no address"),
        ("http://", "it is no address"),
        ("", "it is no address"),
        ("http://127.0.0.1:x/", "it is no address"),
        ("http://127.0.0.1/a b", "it is no address"),
        ("http://127.0.0.1/\x1b[31m", "it is no address"),
        ("http://127.0.0.1/ü", "it is no address"),
        ("http://[::1", "it is no address"),
        ("http://" + "a" * 64 + "/", "it is no address"),
        ("http://wiki.invalid/ca.cer", "Name or service not known"),
    ],
)
def test_what_is_no_http_address_is_not_asked(url: str, problem: str) -> None:
    """A certificate may name anything as its issuer's address."""
    found = fetch(url, HERE)
    assert (found.fetch.problem, found.certificates) == (problem, ())
    assert found.fetch.url.isprintable()


def test_a_hostile_address_cannot_add_fields() -> None:
    """Line ends in an address end up in no request."""
    with certificate_file_server(ISSUING.der) as server:
        fetch(f"{server.url('/ca.cer')}\r\nX-Evil: 1", HERE)
    assert all(request.field("X-Evil") is None for request in server.requests)


def test_missing_files_and_servers_are_told() -> None:
    """The status of the answer, or what the network said."""
    with certificate_file_server(ISSUING.der) as server:
        found = fetch(server.url("/other.cer"), HERE)
        assert found.fetch.problem == "the answer is 404 Not Found"
    with refused_port() as server:
        assert fetch(f"http://127.0.0.1:{server.port}/", HERE).fetch.problem == (
            "Connection refused"
        )


def test_what_is_not_http_is_told() -> None:
    """TLS and other protocols on that port."""
    with tls_server(ISSUING.leaf("127.0.0.1")) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert fetch(url, HERE).fetch.problem == "the answer is not HTTP"
    with answering("SSH-2.0-x\n") as (url, _):
        assert fetch(url, HERE).fetch.problem == "the answer is not HTTP"


def test_a_hostile_reason_is_made_printable() -> None:
    """What a server writes into its status line reaches no terminal."""
    with plain_http_server("HTTP/1.1 500 \x1b[31mred\x07") as server:
        problem = fetch(f"http://127.0.0.1:{server.port}/", HERE).fetch.problem
    assert problem == "the answer is 500 \\x1b[31mred\\x07"


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "uncounted"])
def test_a_large_answer_is_given_up(counted: bool) -> None:
    """More than 64 KiB are no certificate, and are not read to their end."""
    field = f"Content-Length: {10_000_000}\n" if counted else ""
    with answering(f"HTTP/1.1 200 OK\n{field}\n" + "x" * 1_000_000) as (url, _):
        problem = fetch(url, HERE).fetch.problem
    assert problem == "the answer is larger than 64 KiB"


def test_the_largest_answer_is_read() -> None:
    """64 KiB still are."""
    body = ISSUING.der + b"\0" * (SIZE_LIMIT - len(ISSUING.der))
    with certificate_file_server(body) as server:
        assert fetch(server.url("/ca.cer"), HERE).certificates == (ISSUING.der,)


def test_endless_fields_are_given_up() -> None:
    """The head of an answer is bounded too."""
    with answering("HTTP/1.1 200 OK\n" + "X: y\n" * 100_000) as (url, _):
        assert fetch(url, HERE).fetch.problem == "the answer is not HTTP"


def test_a_dripping_server_has_five_seconds_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then does not renew the deadline."""
    monkeypatch.setattr(fetching, "SECONDS", 0.3)

    def drip(connection: Connection) -> None:
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(200):
            connection.send(b"x")
            if select.select([connection], [], [], 0.02)[0]:
                return

    with listening(drip) as port:
        began = time.monotonic()
        problem = fetch(f"http://127.0.0.1:{port}/", HERE).fetch.problem
    assert problem == "timed out"
    assert time.monotonic() - began < 3.5


PUBLIC, PRIVATE, LINK_LOCAL = "93.184.216.34", "10.0.0.1", "169.254.169.254"

#: The address that the issuer's name leads to, the server's own, and whether it may be asked.
PUBLICNESS = [
    ("127.0.0.1", "127.0.0.1", True),
    ("127.0.0.1", PRIVATE, False),
    ("127.0.0.1", LINK_LOCAL, False),
    ("127.0.0.1", PUBLIC, False),
    ("::1", PUBLIC, False),
    ("::ffff:127.0.0.1", PRIVATE, False),
    ("0.0.0.0", LINK_LOCAL, False),
    ("::", PRIVATE, False),
    (LINK_LOCAL, PRIVATE, False),
    ("fe80::1%2", PRIVATE, False),
    ("100.64.0.1", PUBLIC, False),
    ("fd00::1", PUBLIC, False),
    (PRIVATE, PUBLIC, False),
    (PRIVATE, "192.168.1.1", True),
    (PUBLIC, PUBLIC, True),
    (PUBLIC, PRIVATE, True),
]


@pytest.mark.parametrize(("there", "own", "allowed"), PUBLICNESS)
def test_no_address_less_public_than_the_server_s_own_is_asked(
    there: str, own: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate of a public server cannot make this machine knock on its owner's doors."""
    asked: list[object] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    found: Sequence[tuple[object, ...]] = [(0, 0, 0, "", (there, 80, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", connect)
    problem = fetch("http://ca.example.com/ca.cer", [own]).fetch.problem
    assert asked == ([(there, 80)] if allowed else [])
    assert problem == (
        "Connection refused" if allowed else "its address is less public than the server's own"
    )


def test_the_least_public_of_the_server_s_addresses_counts() -> None:
    """A server with a loopback address beside a public one is on loopback."""
    with certificate_file_server(OTHER.der) as server:
        assert fetch(server.url("/ca.cer"), [PUBLIC, "::1"]).certificates == (OTHER.der,)
        assert fetch(server.url("/ca.cer"), []).certificates == ()
