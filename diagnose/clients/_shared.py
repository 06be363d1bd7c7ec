"""What several clients share: quoting for three shells, and settings that name a bundle."""

from __future__ import annotations

from diagnose.model.case import Case
from diagnose.model.remedy import Commands
from diagnose.model.store import StoreName
from diagnose.model.verdict import Verdict


def set_variable(name: str, value: str) -> Commands:
    """Set an environment variable in the shell that is open."""
    return Commands(
        sh=(f"export {name}={quote_sh(value)}",),
        powershell=(f"$env:{name} = {quote_powershell(value)}",),
        cmd=(f'set "{name}={value}"',),
    )


def unset_variable(*names: str) -> Commands:
    """Remove environment variables from the shell that is open."""
    return Commands(
        sh=(f"unset {' '.join(names)}",),
        powershell=tuple(f"Remove-Item Env:{name}" for name in names),
        cmd=tuple(f'set "{name}="' for name in names),
    )


def restore_variable(case: Case, name: str) -> Commands:
    """Take a variable back to what it is now: its value here, or unset."""
    value = case.surroundings.variable(name)
    return unset_variable(name) if value is None else set_variable(name, value)


def restore_variables(case: Case, *names: str) -> Commands:
    """The same for several, one after another."""
    return joined(*(restore_variable(case, name) for name in names))


def joined(*parts: Commands) -> Commands:
    """All commands of the parts, in order."""
    return Commands(
        tuple(each for part in parts for each in part.sh),
        tuple(each for part in parts for each in part.powershell),
        tuple(each for part in parts for each in part.cmd),
    )


def same(*commands: str) -> Commands:
    """Commands that are the same in all three shells."""
    return Commands(commands, commands, commands)


def quote_sh(text: str) -> str:
    """For a POSIX shell; plain words stay plain (`shlex.quote`)."""
    from shlex import quote

    return quote(text)


def quote_powershell(text: str) -> str:
    """A PowerShell string that expands nothing."""
    return "'" + text.replace("'", "''") + "'"


def good_bundle(case: Case) -> str | None:
    """The file or directory of the bundle, where it verifies this server."""
    if case.verdict(StoreName.BUNDLE) is not Verdict.VERIFIES:
        return None
    places = case.store(StoreName.BUNDLE).places
    return places[0] if len(places) == 1 else None


def system_bundle(case: Case) -> str | None:
    """The single file of the system's anchors, where it verifies this server (Linux)."""
    if case.verdict(StoreName.SYSTEM) is not Verdict.VERIFIES:
        return None
    files = [place for place in case.store(StoreName.SYSTEM).places if "." in place.rsplit("/")[-1]]
    return files[0] if files and files[0].startswith("/") else None


def strong_settings(case: Case) -> tuple[str, ...]:
    """The variables that beat pip's own settings and are set here."""
    return tuple(
        name
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        if case.surroundings.variable(name)
    )
