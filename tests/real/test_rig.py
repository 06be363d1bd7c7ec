"""The real programs themselves, without `diagnose`: that each shows what its tests rely on."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fixtures.real.index import PROJECT
from fixtures.real.origin import Inspection, Registry
from fixtures.real.pips import Pip, run_shell

pytestmark = pytest.mark.real

#: OpenSSL's X509_V_ERR_*: no issuer at all, and a root that came along but is trusted nowhere.
UNABLE_TO_GET_ISSUER_CERT_LOCALLY = 20
SELF_SIGNED_CERT_IN_CHAIN = 19


def _ask(inspection: Inspection, context: ssl.SSLContext) -> int:
    """The HTTP status of the project's page, asked for through the proxy."""
    proxy, target = urlsplit(inspection.proxy), urlsplit(f"//{inspection.target}")
    assert proxy.hostname
    assert target.hostname
    connection = http.client.HTTPSConnection(
        proxy.hostname, proxy.port, context=context, timeout=60
    )
    connection.set_tunnel(target.hostname, target.port)
    try:
        connection.request("GET", f"/simple/{PROJECT}/")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("proxy", "code"),
    [
        pytest.param("squid", SELF_SIGNED_CERT_IN_CHAIN, id="squid-sends-its-root"),
        pytest.param("mitmproxy", UNABLE_TO_GET_ISSUER_CERT_LOCALLY, id="mitmproxy-sends-no-root"),
    ],
)
def test_each_proxy_is_refused_in_its_own_way(
    proxy: str, code: int, registry: Registry, request: pytest.FixtureRequest
) -> None:
    """Whoever trusts the registry's own root, but not the proxy's, is refused."""
    inspection: Inspection = request.getfixturevalue(f"through_{proxy}")
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        _ask(inspection, ssl.create_default_context(cadata=registry.origin.anchor.pem))
    assert code == caught.value.verify_code


def test_a_proxy_is_trusted_with_its_authority(inspection: Inspection, corporate_pem: Path) -> None:
    """With the proxy's authority as the only anchor the registry's page arrives."""
    assert _ask(inspection, ssl.create_default_context(cafile=str(corporate_pem))) == 200


def test_a_pip_works_once_it_has_the_authority(
    through_squid: Inspection, corporate_pem: Path, registry: Registry, era: Pip, tmp_path: Path
) -> None:
    """Nothing but the missing anchor keeps pip from the wheel: so a remedy can be judged by it."""
    download = (
        f"pip --version && pip download {PROJECT} --no-deps "
        f"--index-url https://{through_squid.target}/simple/ -d ."
    )
    surroundings = era.surroundings(tmp_path, through_squid.proxy)
    refused = run_shell(download, surroundings)
    granted = run_shell(download, {**surroundings, "PIP_CERT": str(corporate_pem)})
    fetched = tmp_path / registry.wheel.name
    assert refused.returncode == 1, refused.stdout
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stdout
    assert f"pip {era.version} from {era.directory}" in granted.stdout
    assert granted.returncode == 0, granted.stdout
    assert registry.wheel.read_bytes() == fetched.read_bytes()
