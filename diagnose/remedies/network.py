"""The way to the server: proxies, their credentials, and what stands in between."""

from __future__ import annotations

from diagnose.clients._shared import call, restore_variable, set_variable
from diagnose.model.case import Case
from diagnose.model.diagnosis import CorrectProxyUrl, Need, ProxyCredentials, ReachHost, Who
from diagnose.model.remedy import Commands, Prescriber, Remedy
from diagnose.model.surroundings import PROXY_VARIABLES, Platform

NAME = "proxy"


def prescribe(need: Need, case: Case) -> tuple[Remedy, ...]:
    """What can be typed here; the rest is for whoever runs the network."""
    match need:
        case ProxyCredentials(proxy=proxy, chosen_by=chosen_by):
            scheme, _, place = proxy.partition("://")
            title = "give the proxy your user name and password"
            return (_proxy(case, title, f"{scheme}://USER:PASSWORD@{place}", chosen_by),)
        case CorrectProxyUrl(proxy=proxy, chosen_by=chosen_by, scheme=scheme):
            title = f"write the proxy's address with {scheme}://"
            return (_proxy(case, title, f"{scheme}://{proxy.partition('://')[2]}", chosen_by),)
        case ReachHost(host=host, what=what, resolved=True):
            title = f"let this machine reach `{host}`: {what}"
            return (Remedy(title, "network", Who.NETWORK_OWNER, 70, "the network"),)
        case ReachHost(host=host):
            title = f"ask whether this machine knows the name `{host}`"
            commands = _look_up(host, case.surroundings.platform)
            return (Remedy(title, "network", Who.USER, 70, "changes nothing", commands),)
        case _:
            return ()


def _proxy(case: Case, title: str, url: str, chosen_by: str) -> Remedy:
    """Set the variable that chose the proxy: `https_proxy` would beat another one."""
    name = chosen_by if chosen_by in PROXY_VARIABLES else "HTTPS_PROXY"
    before = case.surroundings.variable(name)
    # Credentials are masked in every report, so a value that had some cannot be given back.
    undo = Commands() if before and "@" in before else restore_variable(case, name)
    return Remedy(title, NAME, Who.USER, 1, "this shell", set_variable(name, url), undo)


def _look_up(host: str, platform: Platform) -> Commands:
    """By the resolver that programs use, not by a question to the name server alone."""
    windows = call("nslookup", host)
    sh = {
        Platform.LINUX: call("getent", "hosts", host).sh,
        Platform.MACOS: call("dscacheutil", "-q", "host", "-a", "name", host).sh,
        Platform.WINDOWS: windows.sh,
    }[platform]
    return Commands(sh, windows.powershell, windows.cmd)


PRESCRIBER = Prescriber(NAME, prescribe)
