"""The surroundings: the variables that matter and no other, no password, versions as installed."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from diagnose.model.surroundings import PROXY_VARIABLES, TRUST_VARIABLES, Platform
from diagnose.platforms import here, native
from diagnose.platforms.survey import installed_versions, mask, survey


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("", ""),
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("proxy.example:3128", "proxy.example:3128"),
        ("http://user:secret@proxy.example:3128", "http://***@proxy.example:3128"),
        ("http://secret@proxy.example", "http://***@proxy.example"),
        ("user:secret@proxy.example:3128", "***@proxy.example:3128"),
        ("http://user:sec@ret@proxy.example", "http://***@proxy.example"),
        ("http://user:sec/ret@proxy.example", "http://***@proxy.example"),
        ("user:sec/ret@proxy.example", "***@proxy.example"),
        ("http://user:sec://ret@proxy.example", "http://***@proxy.example"),
        ("user:sec://ret@proxy.example", "***@proxy.example"),
        ("http://user:sec ret@proxy.example", "http://***@proxy.example"),
        ("http://user:sec\nret@proxy.example", "http://***@proxy.example"),
        ("http://user:sec?ret#@proxy.example", "http://***@proxy.example"),
        ("SOCKS5H://user:secret@proxy.example", "SOCKS5H://***@proxy.example"),
        ("http://user:%73ecret@[::1]:3128", "http://***@[::1]:3128"),
        ("http://@proxy.example", "http://***@proxy.example"),
    ],
)
def test_credentials_are_masked(url: str, masked: str) -> None:
    """Whatever the password holds, nothing of it is left; and once is as good as twice."""
    assert mask(url) == masked
    assert mask(masked) == masked


def test_only_the_variables_that_matter_are_kept() -> None:
    """Others may hold secrets and are nobody's business."""
    environment = {name: f"/{name}" for name in (*TRUST_VARIABLES, *PROXY_VARIABLES)}
    others = {"AWS_SECRET_ACCESS_KEY": "s", "HOME": "/h", "PIP_INDEX_URL": "https://u:p@x", "": ""}
    assert dict(survey({**others, **environment}).environment) == environment


def test_paths_are_kept_as_they_are_and_proxies_masked() -> None:
    """A path may hold an `@`, and would be another path without it."""
    found = dict(
        survey(
            {"SSL_CERT_FILE": "/home/me@corp/ca.pem", "HTTPS_PROXY": "http://u:p@corp:1"}
        ).environment
    )
    assert found == {"SSL_CERT_FILE": "/home/me@corp/ca.pem", "HTTPS_PROXY": "http://***@corp:1"}


def test_a_long_password_is_masked_before_it_is_cut() -> None:
    """However long a value is, its end decides what is the password."""
    found = dict(survey({"HTTPS_PROXY": f"http://u:{'secret' * 2000}@corp:1"}).environment)
    assert found == {"HTTPS_PROXY": "http://***@corp:1"}


def test_values_are_harmless() -> None:
    """Control characters and bytes that are no text are escaped, and nothing is endless."""
    found = dict(survey({"PIP_CERT": "\x1b[31m\udcff", "NO_PROXY": "x" * 10_000}).environment)
    assert found["PIP_CERT"] == "\\x1b[31m\\udcff"
    assert len(found["NO_PROXY"]) == 4096


def test_set_and_empty_is_not_unset() -> None:
    """The survey keeps the difference, since some programs see it."""
    around = survey({"SSL_CERT_FILE": ""})
    assert around.environment == (("SSL_CERT_FILE", ""),)
    assert around.variable("SSL_CERT_FILE") is None


def test_the_instant_is_now_in_utc() -> None:
    """Whole seconds, aware."""
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    instant = survey({}).instant
    assert before <= instant <= datetime.now(timezone.utc)
    assert (instant.tzinfo, instant.microsecond) == (timezone.utc, 0)


def test_versions_are_those_that_would_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first folder of `sys.path` wins; distributions' egg-info counts too."""
    first, second = tmp_path / "first", tmp_path / "second"
    for name in (
        "first/pip-24.0.dist-info",
        "second/pip-20.3.dist-info",
        "second/pyOpenSSL-26.4.0.dist-info",
        "second/certifi-2022.9.24.egg-info",
        "second/requests-2.28.1-py3.11.egg-info",
        "second/pip_audit-1.0.dist-info",
        "second/other-1.0.dist-info",
    ):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(first), str(second), str(tmp_path / "gone")])
    assert installed_versions() == [
        ("certifi", "2022.9.24"),
        ("pip", "24.0"),
        ("pyopenssl", "26.4.0"),
        ("requests", "2.28.1"),
    ]


@pytest.mark.parametrize(
    ("system", "platform"),
    [
        ("linux", Platform.LINUX),
        ("freebsd14", Platform.LINUX),
        ("darwin", Platform.MACOS),
        ("win32", Platform.WINDOWS),
    ],
)
def test_the_platform_is_chosen_as_truststore_chooses(
    system: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every Unix that is not macOS is handled as Linux."""
    monkeypatch.setattr(sys, "platform", system)
    assert here() is platform


@pytest.mark.parametrize("platform", Platform)
def test_every_platform_keeps_the_contract(platform: Platform) -> None:
    """One file per operating system, the same three names in each."""
    module = native(platform)
    assert callable(module.system_store)
    assert callable(module.proxy_settings)
    assert isinstance(module.TROUBLES, dict)
