"""What several clients share: quoting for three shells, variables, and which bundle one takes."""

from __future__ import annotations

import re
from collections.abc import Callable

from diagnose.model.attempt import Profile, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.nouns import dataclass
from diagnose.model.remedy import Commands
from diagnose.model.store import BundleSetting, DefectKind, StoreName
from diagnose.model.verdict import Verdict

#: Words that mean themselves in all three shells, wherever they stand.
_PLAIN = re.compile(r"[A-Za-z0-9_./:\\=-]+")

#: What PowerShell takes for the end of a '...' string: the typographic quotes too.
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")

#: In cmd a quote ends the quoting, `%NAME%` is replaced even inside it, a line end ends a command.
_BEYOND_CMD = re.compile(r'["\x00-\x1f]|%[^%]*%')


#: "pip configuration (global.cert)": in brackets what `pip config` calls it.
_CONFIGURED = re.compile(r"pip configuration \(([a-z]+\.cert)\)")


def configured_key(source: str) -> str | None:
    """The key of pip's configuration, of a setting that stands there."""
    found = _CONFIGURED.fullmatch(source)
    return found[1] if found else None


def set_variable(name: str, value: str) -> Commands:
    """Set an environment variable in the shell that is open; no cmd where cmd cannot say it."""
    return Commands(
        sh=(f"export {name}={quote_sh(value)}",),
        powershell=(f"$env:{name} = {quote_powershell(value)}",),
        cmd=() if _BEYOND_CMD.search(value) else (f'set "{name}={value}"',),
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
    """All commands of the parts, in order; none for a shell in which one part cannot be said."""
    return Commands(*(
        tuple(each for part in parts for each in getattr(part, shell))
        if all(getattr(part, shell) or part == Commands() for part in parts)
        else ()
        for shell in ("sh", "powershell", "cmd")
    ))  # fmt: skip


def same(*commands: str) -> Commands:
    """Commands that are the same in all three shells."""
    return Commands(commands, commands, commands)


def call(*words: str) -> Commands:
    """A program and its arguments, each quoted as its shell wants it."""
    beyond = any(_BEYOND_CMD.search(word) for word in words)
    return Commands(
        sh=(" ".join(map(quote_sh, words)),),
        powershell=(" ".join(_plain_or(quote_powershell, word) for word in words),),
        cmd=() if beyond else (" ".join(_plain_or(_quote_cmd, word) for word in words),),
    )


def quote_sh(text: str) -> str:
    """For a POSIX shell; plain words stay plain (`shlex.quote`)."""
    from shlex import quote

    return quote(text)


def quote_powershell(text: str) -> str:
    """A PowerShell string that expands nothing."""
    return "'" + _POWERSHELL_QUOTES.sub(r"\1\1", text) + "'"


def numbers(version: str) -> tuple[int, ...]:
    """(24, 2) of `24.2.dev0` and of `24.2+dfsg`: the numbers that a version begins with."""
    found = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits or len(digits) > 9:
            break
        found.append(int(digits))
        if digits != part:
            break
    return tuple(found)


def good_bundle(case: Case) -> str | None:
    """The file or directory of the bundle, where it verifies this server."""
    if case.verdict(StoreName.BUNDLE) is not Verdict.VERIFIES:
        return None
    places = case.store(StoreName.BUNDLE).places
    return places[0] if len(places) == 1 else None


def system_bundle(case: Case) -> str | None:
    """The single file of the system's anchors, where it verifies this server (Linux).

    Places are files first, then hashed directories; a directory alone serves just as well.
    """
    if case.verdict(StoreName.SYSTEM) is not Verdict.VERIFIES:
        return None
    first = next(iter(case.store(StoreName.SYSTEM).places), "")
    return first if first.startswith("/") else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source of anchors says: `verdict` is None where nothing was probed with it."""

    verdict: Verdict | None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The bundle that a program takes here.

    `like_probed`: it has the anchors of the bundle that was probed, so that the same is true of it.
    `refusal`: loading it raises an error, whatever else the program trusts.
    """

    setting: BundleSetting
    like_probed: bool
    refusal: Trouble | None


def taken_bundle(case: Case, *sources: str) -> Taken | None:
    """The strongest setting among these sources (their names, or how these begin)."""
    settings = case.recording.bundle_settings
    setting = next((each for each in settings if each.source.startswith(sources)), None)
    if setting is None:
        return None
    probed = next((each for each in settings if each.probed), None)
    like = probed is not None and (
        probed.path == setting.path or (probed.digest or "") == setting.digest
    )
    return Taken(setting, like, _refusal(case, setting, like))


def store_answer(case: Case, name: StoreName, profile: Profile = Profile.DEFAULT) -> Answer:
    """What a probed store says; a strict attempt that never got to verifying says nothing."""
    attempt = case.observation.attempt(name, profile)
    verdict = case.verdict(name)
    failure = attempt.failure if attempt else None
    if profile is Profile.STRICT:
        if attempt is None or (failure is not None and failure.stage is not Stage.VERIFY):
            return store_answer(case, name)
        verdict = Verdict.VERIFIES if failure is None else Verdict.FAILS
    if verdict is Verdict.NOT_CONFIGURED:
        return Answer(None)
    return Answer(verdict, failure.trouble if failure else None)


def _refusal(case: Case, setting: BundleSetting, like_probed: bool) -> Trouble | None:
    failure = case.failure(StoreName.BUNDLE)
    if like_probed:
        return failure.trouble if failure and failure.stage is Stage.STORE else None
    fatal = next((each.kind for each in setting.defects if each.fatal), None)
    # A folder without hashed names is no error: nothing is loaded from it, in silence.
    if fatal in (None, DefectKind.UNHASHED_DIRECTORY, DefectKind.EMPTY_DIRECTORY):
        return None
    known = {
        DefectKind.MISSING: Trouble.BUNDLE_MISSING,
        DefectKind.UNREADABLE: Trouble.BUNDLE_UNREADABLE,
    }
    return known.get(fatal, Trouble.BUNDLE_INVALID)


def _plain_or(quote: Callable[[str], str], word: str) -> str:
    return word if _PLAIN.fullmatch(word) else quote(word)


def _quote_cmd(text: str) -> str:
    return f'"{text}"'
