"""What the user named: a host, a port, and the way there."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from diagnose.model.nouns import dataclass


@dataclass(frozen=True, slots=True)
class Direct:
    """The connection goes straight to the server; `because` says why no proxy is used."""

    because: str = "no proxy is set"


@dataclass(frozen=True, slots=True)
class ThroughProxy:
    """The connection goes through an HTTP proxy by CONNECT (RFC 9110 section 9.3.6).

    The credentials themselves are no fact of an observation: they stay in the probe.
    """

    scheme: str
    host: str
    port: int
    chosen_by: str
    has_credentials: bool = False

    @property
    def url(self) -> str:
        """The proxy's address without credentials, as a report may show it."""
        return f"{self.scheme}://{join_host_port(self.host, self.port)}"


Route: TypeAlias = Direct | ThroughProxy


@dataclass(frozen=True, slots=True)
class Target:
    """A TLS server.

    `host` is what is connected to: an address, or a name in its ASCII form (RFC 5890 A-labels).
    `shown` is the form the user would read (U-labels). `server_name` is the reference identity
    (RFC 9525) that certificates are compared with, and the SNI value unless it is an address.
    """

    host: str
    port: int
    server_name: str
    shown: str
    is_address: bool
    route: Route = Direct()

    def by(self, route: Route) -> Target:
        """The same target, reached by another route."""
        return replace(self, route=route)

    @property
    def label(self) -> str:
        """`host`, or `host:port` where the port is not 443; both forms of an IDN."""
        name = f"{self.shown} ({self.host})" if self.shown != self.host else self.host
        if self.port == 443:
            return name
        return f"{name}:{self.port}" if self.shown != self.host else self.address

    @property
    def address(self) -> str:
        """`host:port` in ASCII, with brackets around an IPv6 address."""
        return join_host_port(self.host, self.port)


def join_host_port(host: str, port: int) -> str:
    """`example.com:443`, `[::1]:443` (RFC 3986 section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
