"""What pip's configuration files say of certificates, asked of pip itself."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence

#: `python -m pip config list` takes 0.3 s; a hung one must not hold up the report.
_SECONDS = 20

#: The keys that `pip install` obeys, the stronger first (pip 26: `[install]` before `[global]`).
KEYS = ("install.cert", "global.cert")


class PipQuestion:
    """`python -m pip config list`, running while other work goes on.

    A thread waits for the process, so that none is left behind by a caller who does not ask.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._settings: tuple[tuple[str, str], ...] = ()
        self._thread: threading.Thread | None = None
        if command:
            self._thread = threading.Thread(target=self._ask, args=(command, environment))
            self._thread.daemon = True
            self._thread.start()

    def answer(self) -> tuple[tuple[str, str], ...]:
        """Pairs of key and path, the one that `pip install` obeys first; empty if pip said none."""
        if self._thread is not None:
            self._thread.join()
        return self._settings

    def _ask(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        try:
            printed = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                env=environment,
                # `-m` looks in the working directory first, and what lies there may be named pip.
                cwd=sys.prefix,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return
        self._settings = parse(printed.decode("utf-8", "replace"))


def ask(environment: Mapping[str, str]) -> PipQuestion:
    """Ask pip, unless none of its configuration files mentions a certificate.

    Starting pip costs as much as all the connections together, so the files are looked at first;
    what they mean is left to pip.
    """
    if not any(_mentions_certificate(path) for path in configuration_files(environment)):
        return PipQuestion((), {})
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    asked = {**inherited, **environment, "PYTHONSAFEPATH": "1"}
    if named := asked.get("PIP_CONFIG_FILE"):
        asked["PIP_CONFIG_FILE"] = os.path.abspath(named)
    return PipQuestion(command, asked)


def parse(printed: str) -> tuple[tuple[str, str], ...]:
    """The certificate settings in the output of `pip config list`: lines of key='value'."""
    found: dict[str, str] = {}
    for line in printed.splitlines():
        key, equals, value = line.partition("=")
        if not equals or key not in KEYS:
            continue
        try:
            path = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(path, str) and path:
            found[key] = path
    return tuple((key, found[key]) for key in KEYS if key in found)


def configuration_files(environment: Mapping[str, str]) -> Iterator[str]:
    """Where pip looks for its configuration (pip documentation, "Configuration").

    PIP_CONFIG_FILE naming the null device switches all files off.
    """
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    if named:
        yield named
    home = os.path.expanduser("~")
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    yield os.path.join(sys.prefix, name)
    if os.name == "nt":
        for variable in ("APPDATA", "PROGRAMDATA"):
            if folder := environment.get(variable):
                yield os.path.join(folder, "pip", name)
        yield os.path.join(home, "pip", name)
        return
    config_home = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    config_dirs = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    for folder in (config_home, *config_dirs.split(os.pathsep)):
        yield os.path.join(folder, "pip", name)
    yield os.path.join(home, ".pip", name)
    yield "/etc/pip.conf"
    if sys.platform == "darwin":
        for library in (os.path.join(home, "Library"), "/Library"):
            yield os.path.join(library, "Application Support", "pip", name)


def _mentions_certificate(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return b"cert" in file.read(1_000_000)
    except OSError:
        return False
