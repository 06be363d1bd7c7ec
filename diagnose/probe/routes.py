"""Which way to a server: straight, or through which proxy; decided as Python programs do."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from diagnose.model.errors import DiagnoseError
from diagnose.model.target import Direct, Route, ThroughProxy
from diagnose.model.text import printable
from diagnose.probe.targets import first_set

#: The port that `http://proxy` means without one: 80 and 443, as urllib3 and curl's URL rules say.
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A proxy's user name and password; they stay in the probe and go to that proxy alone."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Way:
    """A route with what only the probe may know."""

    route: Route
    credentials: Credentials | None = None


def choose_way(
    host: str,
    port: int,
    option: str | None,
    environment: Mapping[str, str],
    settings: Mapping[str, str],
) -> Way:
    """The way to `host`: `--proxy`, else the variables, else the system's settings, else direct.

    An option beats NO_PROXY, as it does for pip; a proxy from elsewhere yields to it. `settings`
    are the system's, as `urllib.request.getproxies` names them. Raises DiagnoseError for a proxy
    URL that cannot be used.
    """
    if option is not None:
        return proxy_way(option, "--proxy") if option else Way(Direct("--proxy is empty"))
    # requests: lower case first (`urllib.request.getproxies_environment`), ALL_PROXY last.
    found = first_set(environment, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    if found is None and settings.get("https"):
        found = ("the system's proxy settings", settings["https"])
    if found is None:
        return Way(Direct())
    exception = first_set(environment, "no_proxy", "NO_PROXY")
    if exception and bypasses(host, port, exception[1]):
        return Way(Direct(f"{exception[0]} names this host"))
    source, url = found
    return proxy_way(url, source)


def proxy_way(url: str, source: str) -> Way:
    """A proxy from its URL. A URL from a variable may lack the scheme: clients read it as http."""
    shown = printable(_without_credentials(url), 120)
    if "://" not in url:
        if source == "--proxy":
            raise DiagnoseError(
                f"the proxy `{shown}` has no scheme; write http://{shown} for the usual kind"
            )
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise DiagnoseError(f"the proxy `{shown}` ({source}) is no address") from None
    if parts.scheme not in _PORTS:
        raise DiagnoseError(
            f"the proxy `{shown}` ({source}) is of a kind that is not probed;"
            " http:// and https:// proxies are"
        )
    if not parts.hostname or port == 0:
        raise DiagnoseError(f"the proxy `{shown}` ({source}) has no usable host and port")
    credentials = None
    if parts.username is not None:
        credentials = Credentials(unquote(parts.username), unquote(parts.password or ""))
    route = ThroughProxy(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        chosen_by=source,
        has_credentials=credentials is not None,
    )
    return Way(route, credentials)


def bypasses(host: str, port: int, exceptions: str) -> bool:
    """Whether NO_PROXY names the host: `*`, a name and all below it, an address or a network.

    As requests 2.34 (`should_bypass_proxies`) and curl agree on it.
    """
    for entry in (part.strip().lower() for part in exceptions.split(",")):
        if not entry:
            continue
        if entry == "*" or _same_network(host, entry):
            return True
        name, _, wanted_port = entry.partition(":")
        if wanted_port and wanted_port != str(port):
            continue
        name = name.lstrip(".")
        if name and (host == name or host.endswith(f".{name}")):
            return True
    return False


def _same_network(host: str, entry: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
        return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False


def _without_credentials(url: str) -> str:
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
