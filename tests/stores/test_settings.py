"""Which settings name a bundle, in which order, and what is in each."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from diagnose.demo.pki import Authority
from diagnose.model.store import BundleSetting, DefectKind
from diagnose.stores.settings import named_bundles, read_bundles

ONE, TWO = Authority.root("One CA"), Authority.root("Two CA")

ALL = {
    "SSL_CERT_DIR": "/dir",
    "SSL_CERT_FILE": "/file",
    "PIP_CERT": "/pip",
    "CURL_CA_BUNDLE": "/curl",
    "REQUESTS_CA_BUNDLE": "/requests",
    "NODE_EXTRA_CA_CERTS": "/node",
}
PIP = (("install.cert", "/install"), ("global.cert", "/global"))


def test_the_order_is_that_of_requests_and_pip() -> None:
    """The option first, then what requests obeys, pip's own, and OpenSSL's last."""
    assert named_bundles("/option", ALL, PIP) == [
        ("--bundle", "/option"),
        ("REQUESTS_CA_BUNDLE", "/requests"),
        ("CURL_CA_BUNDLE", "/curl"),
        ("PIP_CERT", "/pip"),
        ("pip configuration (install.cert)", "/install"),
        ("pip configuration (global.cert)", "/global"),
        ("SSL_CERT_FILE", "/file"),
        ("SSL_CERT_DIR", "/dir"),
    ]


@pytest.mark.parametrize(("option", "environment"), [(None, {}), ("", dict.fromkeys(ALL, ""))])
def test_an_empty_value_is_unset(option: str | None, environment: dict[str, str]) -> None:
    """As requests and pip see it."""
    assert named_bundles(option, environment, ()) == []


def test_a_tilde_is_expanded_where_pip_expands_it(home: Path) -> None:
    """In its own settings pip expands `~`; requests does not in its variables."""
    environment = {"PIP_CERT": "~/a.pem", "REQUESTS_CA_BUNDLE": "~/b.pem"}
    assert named_bundles("~/o.pem", environment, [("global.cert", "~/c.pem")]) == [
        ("--bundle", os.path.abspath("~/o.pem")),
        ("REQUESTS_CA_BUNDLE", "~/b.pem"),
        ("PIP_CERT", f"{home}/a.pem"),
        ("pip configuration (global.cert)", f"{home}/c.pem"),
    ]


def test_every_setting_is_read_and_the_first_is_probed(tmp_path: Path) -> None:
    """Each says how many anchors it has; equal content has equal digests in any order."""
    a, b = tmp_path / "a.pem", tmp_path / "b.pem"
    a.write_text(ONE.pem + TWO.pem, "ascii")
    b.write_text(TWO.pem + ONE.pem, "ascii")
    gone = str(tmp_path / "gone.pem")
    contents = read_bundles([("--bundle", str(a)), ("PIP_CERT", str(b)), ("SSL_CERT_FILE", gone)])
    prints = sorted(hashlib.sha256(each.der).digest() for each in (ONE, TWO))
    digest = hashlib.sha256(b"".join(prints)).hexdigest()
    first, second, third = (each.setting for each in contents)
    assert first == BundleSetting("--bundle", str(a), 2, digest, probed=True)
    assert second == BundleSetting("PIP_CERT", str(b), 2, digest)
    assert (third.anchors, third.digest, third.probed) == (None, None, False)
    assert [each.kind for each in third.defects] == [DefectKind.MISSING]
    assert [each.usable for each in contents] == [True, True, False]
    assert contents[0].anchors == (ONE.der, TWO.der)


def test_one_path_in_two_settings_keeps_both_names(tmp_path: Path) -> None:
    """It is read once, and each setting is told apart."""
    file = tmp_path / "a.pem"
    file.write_text(ONE.pem, "ascii")
    contents = read_bundles([("PIP_CERT", str(file)), ("SSL_CERT_FILE", str(file))])
    assert [(each.setting.source, each.setting.probed) for each in contents] == [
        ("PIP_CERT", True),
        ("SSL_CERT_FILE", False),
    ]


def hashed(folder: Path, authority: Authority, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(authority.pem, "ascii")
    return folder


def test_ssl_cert_dir_is_a_list_and_others_are_one_path(tmp_path: Path) -> None:
    """A colon divides directories for OpenSSL alone; for requests it is part of the name."""
    one = hashed(tmp_path / "one", ONE, "00000000.0")
    two = hashed(tmp_path / "two", TWO, "11111111.0")
    listed = f"{one}{os.pathsep}{os.pathsep}{two}{os.pathsep}{tmp_path / 'gone'}"
    requests, openssl = read_bundles([("REQUESTS_CA_BUNDLE", listed), ("SSL_CERT_DIR", listed)])
    assert (requests.setting.anchors, requests.usable) == (None, False)
    assert (openssl.setting.anchors, openssl.usable) == (2, True)
    assert openssl.anchors == (ONE.der, TWO.der)
    assert openssl.is_directory


def test_a_directory_is_read_as_one_by_every_setting(tmp_path: Path) -> None:
    """A hashed directory is taken where a file is, by requests and by pip."""
    folder = hashed(tmp_path / "one", ONE, "00000000.0")
    (content,) = read_bundles([("REQUESTS_CA_BUNDLE", str(folder))])
    assert (content.setting.anchors, content.anchors) == (1, (ONE.der,))
