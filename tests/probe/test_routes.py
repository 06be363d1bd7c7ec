"""Which way leads to a server, and what a proxy's URL may look like."""

from __future__ import annotations

import pytest

from diagnose.model.errors import DiagnoseError
from diagnose.model.target import Direct, ThroughProxy
from diagnose.probe.routes import Credentials, Way, bypasses, choose_way, proxy_way

PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


def through(source: str, host: str = "proxy.example", port: int = 3128) -> ThroughProxy:
    return ThroughProxy("http", host, port, source)


ROUTES = [
    ("nothing", None, {}, {}, Direct()),
    ("variable", None, PROXY, {}, through("HTTPS_PROXY")),
    (
        "lower case wins",
        None,
        {**PROXY, "https_proxy": "http://low.example:1"},
        {},
        through("https_proxy", "low.example", 1),
    ),
    ("empty lower case switches off", None, {**PROXY, "https_proxy": ""}, {}, Direct()),
    ("http_proxy is not asked", None, {"http_proxy": "http://p.example"}, {}, Direct()),
    ("all", None, {"ALL_PROXY": "http://proxy.example:3128"}, {}, through("ALL_PROXY")),
    (
        "https before all",
        None,
        {**PROXY, "all_proxy": "http://all.example"},
        {},
        through("HTTPS_PROXY"),
    ),
    ("option", "http://opt.example:1", PROXY, {}, through("--proxy", "opt.example", 1)),
    ("empty option", "", PROXY, {}, Direct("--proxy is empty")),
    (
        "option beats NO_PROXY",
        "http://opt.example:1",
        {"NO_PROXY": "*"},
        {},
        through("--proxy", "opt.example", 1),
    ),
    ("exception", None, {**PROXY, "NO_PROXY": "a.b,example.com"}, {},
     Direct("NO_PROXY names this host")),
    ("other exception", None, {**PROXY, "no_proxy": "other.example"}, {}, through("HTTPS_PROXY")),
    ("settings", None, {}, {"https": "http://proxy.example:3128"},
     through("the system's proxy settings")),
    ("variable before settings", None, PROXY, {"https": "http://s.example"},
     through("HTTPS_PROXY")),
    ("settings yield too", None, {"no_proxy": "example.com"}, {"https": "http://s.example"},
     Direct("no_proxy names this host")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "environment", "settings", "route"),
    [row[1:] for row in ROUTES],
    ids=[row[0] for row in ROUTES],
)
def test_the_way_is_chosen_as_python_programs_do(
    option: str | None,
    environment: dict[str, str],
    settings: dict[str, str],
    route: Direct | ThroughProxy,
) -> None:
    """Option, then variables with NO_PROXY, then the system's settings, else direct."""
    assert choose_way("www.example.com", 443, option, environment, settings).route == route


@pytest.mark.parametrize(
    ("host", "port", "exceptions", "wanted"),
    [
        ("example.com", 443, "example.com", True),
        ("www.example.com", 443, "example.com", True),
        ("www.example.com", 443, ".example.com", True),
        ("example.com", 443, ".example.com", True),
        ("notexample.com", 443, "example.com", False),
        ("example.com", 443, "EXAMPLE.COM", True),
        ("example.com", 443, " a.b , example.com ,", True),
        ("example.com", 443, "*", True),
        ("example.com", 443, "", False),
        ("example.com", 443, ",,", False),
        ("example.com", 443, ".", False),
        ("example.com", 443, "example.com:443", True),
        ("example.com", 8443, "example.com:443", False),
        ("10.1.2.3", 443, "10.1.2.3", True),
        ("10.1.2.3", 443, "10.0.0.0/8", True),
        ("10.1.2.3", 443, "11.0.0.0/8", False),
        ("10.1.2.3", 443, "10.1.2.3:443", True),
        ("10.1.2.3", 443, "2.3", False),
        ("10.1.2.3", 443, "10.0.0.0/99", False),
        ("::1", 443, "::1", True),
        ("::1", 443, "[::1]", True),
        ("::1", 443, "[::1]:443", True),
        ("::1", 8443, "[::1]:443", False),
        ("::2", 443, "::1", False),
        ("2001:db8::5", 443, "2001:db8::/32", True),
        ("10.1.2.3", 443, "::/0", False),
    ],
)
def test_no_proxy_names_a_host(host: str, port: int, exceptions: str, wanted: bool) -> None:
    """A name and all below it, an address, a network, each perhaps with a port; never a part."""
    assert bypasses(host, port, exceptions) is wanted


@pytest.mark.parametrize(
    ("url", "way"),
    [
        ("http://p.example", Way(ThroughProxy("http", "p.example", 80, "V"))),
        ("https://p.example", Way(ThroughProxy("https", "p.example", 443, "V"))),
        ("p.example:3128", Way(ThroughProxy("http", "p.example", 3128, "V"))),
        ("HTTP://P.Example:3128/", Way(ThroughProxy("http", "p.example", 3128, "V"))),
        ("http://[::1]:3128", Way(ThroughProxy("http", "::1", 3128, "V"))),
        ("http://bücher.example:1", Way(ThroughProxy("http", "xn--bcher-kva.example", 1, "V"))),
        (
            "http://us%65r:p%40ss%2Fw%C3%B6rd@p.example:1",
            Way(
                ThroughProxy("http", "p.example", 1, "V", has_credentials=True),
                Credentials("user", "p@ss/wörd"),
            ),
        ),
        (
            "http://user:p@ss@p.example:1",
            Way(
                ThroughProxy("http", "p.example", 1, "V", has_credentials=True),
                Credentials("user", "p@ss"),
            ),
        ),
        (
            "http://user@p.example:1",
            Way(
                ThroughProxy("http", "p.example", 1, "V", has_credentials=True),
                Credentials("user", ""),
            ),
        ),
        # requests sends nothing without a user name
        ("http://:secret@p.example:1", Way(ThroughProxy("http", "p.example", 1, "V"))),
    ],
)
def test_a_proxy_is_read_from_a_variable(url: str, way: Way) -> None:
    """Scheme and port have the defaults of Python's clients; credentials are percent-decoded."""
    assert proxy_way(url, "V") == way


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "proxy.example:3128",
            (
                "the proxy `proxy.example:3128` has no scheme;"
                " write http://proxy.example:3128 for the usual kind"
            ),
        ),
        (
            "user:secret@proxy.example",
            (
                "the proxy `***@proxy.example` has no scheme;"
                " write http://***@proxy.example for the usual kind"
            ),
        ),
        (
            "socks5://user:secret@p.example:1080",
            (
                "the proxy `socks5://***@p.example:1080` (--proxy) is of a kind that is not probed;"
                " http:// and https:// proxies are"
            ),
        ),
        (
            "http://user:secret@",
            "the proxy `http://***@` (--proxy) has no usable host and port; write http://HOST:PORT",
        ),
        (
            "http://p.example:0",
            (
                "the proxy `http://p.example:0` (--proxy) has no usable host and port;"
                " write http://HOST:PORT"
            ),
        ),
        (
            "http://u:secret@p.example:99999",
            (
                "the proxy `http://***@p.example:99999` (--proxy) is no address;"
                " write http://HOST:PORT"
            ),
        ),
        (
            "http://u:se/cret@p.example:3128",
            (
                "the password of the proxy `http://***@p.example:3128` (--proxy) holds a bare"
                " `/`, `?` or `#`; write %2F, %3F or %23"
            ),
        ),
        (
            "http://u:12#34@p.example:3128",
            (
                "the password of the proxy `http://***@p.example:3128` (--proxy) holds a bare"
                " `/`, `?` or `#`; write %2F, %3F or %23"
            ),
        ),
        (
            "http://u:x://secret@p.example:3128",
            (
                "the password of the proxy `http://***@p.example:3128` (--proxy) holds a bare"
                " `/`, `?` or `#`; write %2F, %3F or %23"
            ),
        ),
        (
            "http://pro xy:3128",
            "`http://pro xy:3128` is no host name; write HOST, HOST:PORT or https://HOST/",
        ),
    ],
)
def test_a_bad_proxy_is_one_sentence_without_the_password(url: str, sentence: str) -> None:
    """The sentence names the proxy and the way out; a password is never in it."""
    with pytest.raises(DiagnoseError) as caught:
        proxy_way(url, "--proxy")
    assert str(caught.value) == sentence


def test_credentials_are_in_no_representation() -> None:
    """What ends in a log or in a traceback shows neither user name nor password."""
    way = proxy_way("http://alice:secret@p.example:1", "V")
    assert way.credentials == Credentials("alice", "secret")
    assert "alice" not in repr(way)
    assert "secret" not in repr(way)
    assert isinstance(way.route, ThroughProxy)
    assert way.route.url == "http://p.example:1"
