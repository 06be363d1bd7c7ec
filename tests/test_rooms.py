"""The rooms: which way imports go, and which rooms are functions over facts.

Read from the syntax trees, so that an import inside a function counts like any other. An import
under TYPE_CHECKING counts for the directions too: a noun that a room may not know is not in its
signatures either.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "diagnose"

#: A room may import from itself and from those before it. `chain` stands before `stores`, because
#: it needs no store, while a store must name its anchors and find them by name.
ORDER = (
    "model", "catalogue", "platforms", "chain", "stores", "probe", "causes", "clients", "remedies",
    "report", "examine", "cli",
)  # fmt: skip

#: Beside the row: it knows the nouns only, and only the command line knows it.
DEMO = "demo"
DEMO_KNOWS = frozenset({"model", DEMO})

#: The package's own face (`diagnose`, `python -m diagnose`) may see every room.
FACE = frozenset({"__init__", "__main__"})

#: Functions over facts: what the world says comes to them in an observation.
PURE = frozenset({"model", "chain", "causes", "clients", "remedies", "report"})

#: Modules that touch the world. `truststore` and `certifi` read files, `locale` the environment.
WORLDLY_MODULES = frozenset({
    "asyncio", "certifi", "getpass", "glob", "http.client", "http.server", "locale",
    "multiprocessing", "platform", "random", "secrets", "select", "selectors", "shutil", "signal",
    "socket", "ssl", "subprocess", "tempfile", "threading", "time", "truststore", "urllib.request",
    "uuid",
})  # fmt: skip

#: Names in modules that are otherwise harmless; `os.path` and `datetime.datetime` may be used.
WORLDLY_NAMES = frozenset({
    "OpenSSL.SSL",
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "importlib.resources", "importlib.metadata",
    "os.environ", "os.environb", "os.getcwd", "os.getenv", "os.getlogin", "os.getpid", "os.listdir",
    "os.lstat", "os.open", "os.popen", "os.scandir", "os.stat", "os.system", "os.uname", "os.walk",
    "os.path.exists", "os.path.expanduser", "os.path.expandvars", "os.path.getmtime",
    "os.path.isdir", "os.path.isfile", "os.path.realpath",
    "pathlib.Path", "io.open", "builtins.open",
    "pkgutil.get_data",
    "sys.argv", "sys.platform", "sys.stderr", "sys.stdin", "sys.stdout", "sys.version_info",
})  # fmt: skip

WORLDLY_CALLS = frozenset({"open", "print", "input", "breakpoint", "__import__"})

#: (module, what it may use all the same): each with its reason.
ALLOWED = {
    # The facts about former public roots are part of the program, like its code.
    ("chain.public_roots", "pkgutil.get_data"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: the line it is on, and what is wrong."""

    line: int
    words: str


def room_of(module: str) -> str:
    """The room of a module named without the package: `chain.der` is in `chain`."""
    return module.partition(".")[0]


def may_import(room: str, other: str) -> bool:
    if room in FACE:
        return True
    if room == DEMO:
        return other in DEMO_KNOWS
    if other == DEMO:
        return room == "cli"
    return other in ORDER[: ORDER.index(room) + 1]


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of all that is imported; `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def local_names(tree: ast.Module) -> dict[str, str]:
    """What each name that an import binds stands for: {"dt": "datetime.datetime"}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    """The full name of `a.b.c` where `a` is bound by an import, else None."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        base = dotted(node.value, names)
        return f"{base}.{node.attr}" if base else None
    return None


def is_within(name: str, names: frozenset[str]) -> bool:
    """Whether `name` or something that holds it is in `names`: `socket.create_connection` is."""
    parts = name.split(".")
    return any(".".join(parts[:end]) in names for end in range(1, len(parts) + 1))


def direction_breaches(module: str, tree: ast.Module) -> Iterator[Finding]:
    room = room_of(module)
    for line, name in imported(tree):
        first, _, rest = name.partition(".")
        if name.startswith("."):
            yield Finding(line, f"relative import `{name}`")
        elif first in {"fixtures", "tests", "tools", "bench"}:
            yield Finding(line, f"the package imports `{first}`, which the wheel does not have")
        elif first == "diagnose" and room_of(rest) in {*ORDER, DEMO}:
            if not may_import(room, room_of(rest)):
                yield Finding(line, f"`{room}` imports `{name}`")
        elif first == "diagnose" and room not in FACE and rest != "__version__":
            yield Finding(line, f"`{room}` imports `{name}`, which is in no room")


def world_breaches(module: str, tree: ast.Module) -> Iterator[Finding]:
    if room_of(module) not in PURE:
        return
    for line, name in imported(tree):
        worldly = is_within(name, WORLDLY_MODULES) or is_within(name, WORLDLY_NAMES)
        if worldly and (module, name) not in ALLOWED:
            yield Finding(line, f"imports `{name}`")
    names = local_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = dotted(node, names) or ""
            if name in WORLDLY_NAMES and (module, name) not in ALLOWED:
                yield Finding(node.lineno, f"uses `{name}`")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in WORLDLY_CALLS:
            yield Finding(node.lineno, f"calls `{ast.unparse(node.func)}`")


def breaches(module: str, source: str) -> list[Finding]:
    """All that a module does and its room may not, in the order of lines."""
    tree = ast.parse(source)
    found = {*direction_breaches(module, tree), *world_breaches(module, tree)}
    return sorted(found, key=lambda finding: (finding.line, finding.words))


def modules() -> dict[str, Path]:
    """Every module of the package, named without it: {"chain.der": .../chain/der.py}."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if len(parts) > 1 and parts[-1] == "__init__":
            parts = parts[:-1]
        found[".".join(parts)] = path
    return found


MODULES = modules()


@pytest.mark.parametrize("module", MODULES)
def test_module_keeps_to_its_room(module: str) -> None:
    """Imports go one way, and the rooms of functions over facts touch nothing else."""
    assert breaches(module, MODULES[module].read_text(encoding="utf-8")) == []


def test_every_module_is_in_a_room() -> None:
    """What stands beside the rooms has no place in the order, and so no rule."""
    assert {room_of(module) for module in MODULES} <= {*ORDER, DEMO, *FACE}


#: (module, its source, what is wrong with it)
BREACHES = [
    ("chain.walk", "from diagnose.probe import dial", "`chain` imports `diagnose.probe.dial`"),
    ("chain.walk", "def f():\n    import diagnose.cli", "`chain` imports `diagnose.cli`"),
    ("chain.walk", "from diagnose import cli", "`chain` imports `diagnose.cli`"),
    ("model.walk", "from diagnose.catalogue import x", "`model` imports `diagnose.catalogue.x`"),
    ("examine", "from diagnose.demo import scene", "`examine` imports `diagnose.demo.scene`"),
    ("demo.scene", "from diagnose.chain import walk", "`demo` imports `diagnose.chain.walk`"),
    ("stores.a", "import diagnose.check", "`stores` imports `diagnose.check`, which is in no room"),
    ("cli.a", "import fixtures", "the package imports `fixtures`, which the wheel does not have"),
    ("causes.expired", "from . import shared", "relative import `..shared`"),
    ("model.text", "import socket", "imports `socket`"),
    ("model.text", "from urllib.request import urlopen", "imports `urllib.request.urlopen`"),
    ("report.terminal", "import time as clock", "imports `time`"),
    ("causes.expired", "from time import monotonic", "imports `time.monotonic`"),
    ("causes.a", "import datetime as D\nD.datetime.now()", "uses `datetime.datetime.now`"),
    ("causes.a", "from datetime import datetime\ndatetime.now()", "uses `datetime.datetime.now`"),
    ("clients.pip", "import os\nos.environ.get('PIP_CERT')", "uses `os.environ`"),
    ("clients.pip", "from os import environ", "imports `os.environ`"),
    ("clients.pip", "import sys\nif sys.platform == 'win32': pass", "uses `sys.platform`"),
    ("report.terminal", "print('hello')", "calls `print`"),
    ("remedies.system", "def f(p):\n    return open(p)", "calls `open`"),
    ("remedies.system", "from pathlib import Path", "imports `pathlib.Path`"),
    ("chain.der", "import pkgutil\npkgutil.get_data('a', 'b')", "uses `pkgutil.get_data`"),
]  # fmt: skip

#: (module, a source with nothing wrong in it)
ALLOWED_SOURCES = [
    ("chain.walk", "from diagnose.model.walk import Gap\nfrom diagnose.chain.der import element"),
    ("chain.public_roots", "import pkgutil\npkgutil.get_data('diagnose', 'roots')"),
    ("causes.expired", "from datetime import datetime, timedelta\ndatetime.max - timedelta(1)"),
    ("clients.pip", "import os.path\nos.path.join('a', 'b')"),
    ("clients.pip", "from urllib.parse import urlsplit"),
    ("model.text", "from pathlib import PurePath"),
    ("probe.dial", "import socket, time\nprint(time.monotonic())"),
    ("cli.demo", "from diagnose.demo.scene import Scene\nimport sys\nsys.stdout"),
    ("demo.scene", "from diagnose.model.target import Target\nimport socket"),
    ("__init__", "from diagnose.examine import check"),
    ("cli.version", "from diagnose import __version__"),
]


@pytest.mark.parametrize(("module", "source", "words"), BREACHES)
def test_a_breach_is_caught(module: str, source: str, words: str) -> None:
    """The checker sees each kind of breach, in whatever way the import is written."""
    assert [finding.words for finding in breaches(module, source)] == [words]


@pytest.mark.parametrize(("module", "source"), ALLOWED_SOURCES)
def test_what_is_allowed_is_not_a_breach(module: str, source: str) -> None:
    """The checker leaves alone what a room may do."""
    assert breaches(module, source) == []
