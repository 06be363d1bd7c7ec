"""The way to the server: proxies, their credentials, and what stands in between."""

from __future__ import annotations

from diagnose.clients._shared import quote_powershell, quote_sh
from diagnose.model.case import Case
from diagnose.model.diagnosis import CorrectProxyUrl, Need, ProxyCredentials, ReachHost, Who
from diagnose.model.remedy import Commands, Prescriber, Remedy

NAME = "proxy"


def prescribe(need: Need, case: Case) -> tuple[Remedy, ...]:
    match need:
        case ProxyCredentials(proxy=proxy):
            scheme, _, place = proxy.partition("://")
            url = f"{scheme}://USER:PASSWORD@{place}"
            title = "give the proxy your user name and password"
            return (Remedy(title, NAME, Who.USER, 1, "this shell", _proxy(url)),)
        case CorrectProxyUrl(proxy=proxy, scheme=scheme):
            url = f"{scheme}://{proxy.partition('://')[2]}"
            title = f"write the proxy's address with {scheme}://"
            return (Remedy(title, NAME, Who.USER, 1, "this shell", _proxy(url)),)
        case ReachHost(host=host):
            title = f"ask whether this machine knows the name `{host}`"
            return (Remedy(title, "network", Who.USER, 70, "changes nothing", _reach(host)),)
        case _:
            return ()


def _proxy(url: str) -> Commands:
    return Commands(
        sh=(f"export HTTPS_PROXY={quote_sh(url)}",),
        powershell=(f"$env:HTTPS_PROXY = {quote_powershell(url)}",),
        cmd=(f'set "HTTPS_PROXY={url}"',),
    )


def _reach(host: str) -> Commands:
    look_up = f"nslookup {host}"
    return Commands(sh=(f"getent hosts {quote_sh(host)}",), powershell=(look_up,), cmd=(look_up,))


PRESCRIBER = Prescriber(NAME, prescribe)
