"""Which way to a server: straight, or through which proxy; decided as Python programs do."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import unquote, urlsplit

from diagnose.model.errors import DiagnoseError
from diagnose.model.nouns import dataclass
from diagnose.model.target import Direct, Route, ThroughProxy
from diagnose.model.text import printable
from diagnose.platforms.survey import mask
from diagnose.probe.targets import first_set, parse_host

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
    found = _variable(environment, "https_proxy") or _variable(environment, "all_proxy")
    if found is None and settings.get("https"):
        found = ("the system's proxy settings", settings["https"])
    if found is None:
        return Way(Direct())
    exception = first_set(environment, "no_proxy", "NO_PROXY")
    if exception and bypasses(host, port, exception[1]):
        return Way(Direct(f"{exception[0]} names this host"))
    source, url = found
    return proxy_way(url, source)


def _variable(environment: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Lower case first; empty, it switches the other off (`getproxies_environment`)."""
    if name in environment:
        return first_set(environment, name)
    return first_set(environment, name.upper())


def proxy_way(url: str, source: str) -> Way:
    """A proxy from its URL. A URL from a variable may lack the scheme: clients read it as http.

    Raises DiagnoseError that names the proxy, without its password, and `source`.
    """
    url = url.strip()
    shown = printable(mask(url), 120)
    if "://" not in url:
        if source == "--proxy":
            raise DiagnoseError(
                f"the proxy `{shown}` has no scheme; write http://{shown} for the usual kind"
            )
        url = f"http://{url}"
    named = f"the proxy `{shown}` ({source})"
    try:
        parts = urlsplit(url)
        # What follows the host would be the rest of a password with a bare `/`, `?` or `#`.
        misread = "@" in url[len(parts.scheme) + 3 + len(parts.netloc) :]
        port = None if misread else parts.port
    except ValueError:
        raise DiagnoseError(f"{named} is no address; write http://HOST:PORT") from None
    if parts.scheme not in _PORTS:
        raise DiagnoseError(
            f"{named} is of a kind that is not probed; http:// and https:// proxies are"
        )
    if misread:
        raise DiagnoseError(
            f"the password of {named} holds a bare `/`, `?` or `#`; write %2F, %3F or %23"
        )
    if not parts.hostname or port == 0:
        raise DiagnoseError(f"{named} has no usable host and port; write http://HOST:PORT")
    credentials = None
    if parts.username:
        credentials = Credentials(unquote(parts.username), unquote(parts.password or ""))
    route = ThroughProxy(
        scheme=parts.scheme,
        host=parse_host(parts.hostname, shown),
        port=port or _PORTS[parts.scheme],
        chosen_by=source,
        has_credentials=credentials is not None,
    )
    return Way(route, credentials)


def bypasses(host: str, port: int, exceptions: str) -> bool:
    """Whether NO_PROXY names the host: `*`, a name and all below it, an address or a network.

    As requests 2.34 (`should_bypass_proxies`) and curl agree on it.
    """
    is_address = _is_address(host)
    for entry in (part.strip().lower() for part in exceptions.split(",")):
        if not entry:
            continue
        if entry == "*" or (is_address and _same_network(host, entry)):
            return True
        name, colon, wanted_port = entry.rpartition(":")
        if not colon:
            name, wanted_port = entry, ""
        if wanted_port and wanted_port != str(port):
            continue
        name = name.strip("[]").lstrip(".")
        if host == name or (name and not is_address and host.endswith(f".{name}")):
            return True
    return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _same_network(host: str, entry: str) -> bool:
    try:
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
        return ipaddress.ip_address(host.partition("%")[0]) in network
    except ValueError:
        return False
