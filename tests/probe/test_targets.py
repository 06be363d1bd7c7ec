"""From what a user types to a target, and every slip to one sentence."""

from __future__ import annotations

import pytest

from diagnose.model.errors import DiagnoseError
from diagnose.model.target import Target
from diagnose.probe.targets import parse_target


def named(host: str, port: int = 443, shown: str = "") -> Target:
    return Target(host, port, host, shown or host, is_address=False)


def numbered(address: str, port: int = 443, server_name: str = "") -> Target:
    return Target(address, port, server_name or address, address, is_address=True)


GOOD = {
    "example.com": named("example.com"),
    "example.com:8443": named("example.com", 8443),
    "EXAMPLE.Com.": named("example.com"),
    "  example.com\n": named("example.com"),
    "https://example.com": named("example.com"),
    "HTTPS://Example.com:444/simple/?q=1#top": named("example.com", 444),
    "example.com/simple/": named("example.com"),
    "localhost": named("localhost"),
    "my_host.internal": named("my_host.internal"),
    "a" * 63 + ".example": named("a" * 63 + ".example"),
    "127.0.0.1": numbered("127.0.0.1"),
    "127.0.0.1:65535": numbered("127.0.0.1", 65535),
    "::1": numbered("::1"),
    "[::1]": numbered("::1"),
    "[::1]:8443": numbered("::1", 8443),
    "https://[2001:DB8::0:1]:8443/x": numbered("2001:db8::1", 8443),
    # the zone leads there, and is no part of the identity (RFC 4007 section 11)
    "fe80::1%eth0": numbered("fe80::1%eth0", server_name="fe80::1"),
    "bücher.example": named("xn--bcher-kva.example", shown="bücher.example"),
    "BÜCHER.example:444": named("xn--bcher-kva.example", 444, "bücher.example"),
    # IDNA 2008: ß is a letter of its own, not "ss" as in IDNA 2003
    "straße.example": named("xn--strae-oqa.example", shown="straße.example"),
    "xn--strae-oqa.example": named("xn--strae-oqa.example", shown="straße.example"),
    "https://日本語。example/": named("xn--wgv71a119e.example", shown="日本語.example"),
    "xn--a.example": named("xn--a.example"),
}


@pytest.mark.parametrize("text", GOOD)
def test_a_target_is_read(text: str) -> None:
    """Host, port, reference identity and the form to show are found in every way of writing."""
    assert parse_target(text) == GOOD[text]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("example.com", "example.com"),
        ("example.com:8443", "example.com:8443"),
        ("[::1]:8443", "[::1]:8443"),
        ("straße.example", "straße.example (xn--strae-oqa.example)"),
        ("straße.example:444", "straße.example (xn--strae-oqa.example):444"),
    ],
)
def test_both_forms_of_an_international_name_are_shown(text: str, label: str) -> None:
    """What the user typed is recognised, and what certificates name stands beside it."""
    assert parse_target(text).label == label


FORM = "write HOST, HOST:PORT or https://HOST/"
PORT = "is not a number from 1 to 65535"
BLANK = "holds a blank or a control character"

BAD = {
    "": f"`` has no host; {FORM}",
    "   ": f"`` has no host; {FORM}",
    "https://": f"`https://` has no host; {FORM}",
    "https:///simple": f"`https:///simple` has no host; {FORM}",
    ":443": f"`:443` has no host; {FORM}",
    "http://example.com": f"`http://example.com` is no https address; {FORM}",
    "ftp://example.com": f"`ftp://example.com` is no https address; {FORM}",
    "://example.com": f"`://example.com` is no https address; {FORM}",
    "https://user:secret@example.com/": (
        f"the user name in `https://***@example.com/` is not used; {FORM}"
    ),
    "user@example.com": f"the user name in `***@example.com` is not used; {FORM}",
    "u:se://cret@example.com": f"`***@example.com` is no https address; {FORM}",
    "http://u:secret@example.com": f"`http://***@example.com` is no https address; {FORM}",
    "https://u:secret@[::1": f"`https://***@[::1` is no host name or address; {FORM}",
    "example.com:0": f"the port of `example.com:0` {PORT}",
    "example.com:65536": f"the port of `example.com:65536` {PORT}",
    "example.com:-1": f"the port of `example.com:-1` {PORT}",
    "example.com:abc": f"the port of `example.com:abc` {PORT}",
    "example.com:": f"the port of `example.com:` {PORT}",
    "example.com:٤٤٣": f"the port of `example.com:٤٤٣` {PORT}",
    "[::1]:99999": f"the port of `[::1]:99999` {PORT}",
    "fe80::1:99999": "`fe80::1:99999` is no address; write [ADDRESS]:PORT for IPv6",
    "[::1": f"`[::1` is no host name or address; {FORM}",
    "exam ple.com": f"`exam ple.com` {BLANK}; {FORM}",
    "exam\tple.com": f"`exam\\x09ple.com` {BLANK}; {FORM}",
    "example.com\r\nHost: x": f"`example.com\\x0d\\x0aHost: x` {BLANK}; {FORM}",
    "\x1b[31mexample.com": f"`\\x1b[31mexample.com` {BLANK}; {FORM}",
    "exa\x00mple.com": f"`exa\\x00mple.com` {BLANK}; {FORM}",
    "exa\x7fmple.com": f"`exa\\x7fmple.com` {BLANK}; {FORM}",
    "a" * 64 + ".example": f"`{'a' * 64}.example` is no host name; {FORM}",
    ".".join(["a" * 60] * 5): f"`{('.'.join(['a' * 60] * 2))[:119]}…` is no host name; {FORM}",
    "example..com": f"`example..com` is no host name; {FORM}",
    "example.com..": f"`example.com..` is no host name; {FORM}",
    ".": f"`.` is no host name; {FORM}",
    "-x.example": f"`-x.example` is no host name; {FORM}",
    "ex%41mple.com": f"`ex%41mple.com` is no host name; {FORM}",
    "example.com\\@x": f"the user name in `***@x` is not used; {FORM}",
    "*.example.com": f"`*.example.com` is no host name; {FORM}",
    "1.2.3": f"`1.2.3` is neither a host name nor a whole IP address; {FORM}",
    "256.0.0.1": f"`256.0.0.1` is neither a host name nor a whole IP address; {FORM}",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_input_is_one_sentence(text: str) -> None:
    """The sentence names what was typed, harmless and without a password, and the right form."""
    with pytest.raises(DiagnoseError) as caught:
        parse_target(text)
    assert str(caught.value) == BAD[text]


@pytest.mark.parametrize("text", ["[example.com]:443", "[1.2.3.4]", "[v1.x]"])
def test_brackets_hold_an_ipv6_address_only(text: str) -> None:
    """Whatever the version of Python makes of other brackets, they are refused."""
    with pytest.raises(DiagnoseError, match=r"IPv6 address between|no host name or address"):
        parse_target(text)


@pytest.mark.parametrize("text", ["ü" * 64 + ".example", "a\u200db.ü", "ü..example", "xn--ü.x"])
def test_a_name_that_idna_refuses_is_one_sentence(text: str) -> None:
    """IDNA's own reason is passed on, in one line."""
    with pytest.raises(DiagnoseError, match=r"^`.+` cannot be written as a host name: [^\n]+$"):
        parse_target(text)


def test_megabytes_are_refused_at_once() -> None:
    """No parser of names is given what no name can be."""
    with pytest.raises(DiagnoseError) as caught:
        parse_target("ü" * 1_000_000)
    assert len(str(caught.value)) < 300
