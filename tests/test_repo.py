"""What holds for every file of the repository: what it names, how long it is, where it stands."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: A file that can no longer be seen whole.
MOST_LINES = 400

#: In two halves, so that this file itself names none of them.
REGISTRIES = (
    ("py", "pi.org"), ("python", "hosted.org"), ("npm", "js.org"), ("npm", "js.com"),
    ("crates", ".io"), ("deb.de", "bian.org"), ("archive.ub", "untu.com"), ("proxy.go", "lang.org"),
    ("ana", "conda.org"), ("ana", "conda.com"),
)  # fmt: skip
MACHINE_PATHS = (
    ("/wo", "rk/main"), ("/wo", "rk/shared"), ("/ro", "ot/"), ("/tmp/d", "ev/"), ("/tmp/ba", "sh_"),
    ("/opt/wh", "eels"), ("/opt/py", "pi"),
)  # fmt: skip


def any_of(halves: tuple[tuple[str, str], ...], before: str) -> re.Pattern[str]:
    return re.compile(f"{before}(?:{'|'.join(re.escape(a + b) for a, b in halves)})")


FORBIDDEN = {
    "a package registry's host": any_of(REGISTRIES, r"(?<![\w-])"),
    # Not within a longer path or an address: `http://ca.example.com/root/ca.crt` is neither.
    "a path of one machine": any_of(MACHINE_PATHS, r"(?<![\w.:/-])"),
}

#: Folders of tests that mirror no room.
BESIDE_THE_ROOMS = {
    "real": "real programs as peers and clients",
    "golden": "expected outputs",
    "goldens": "expected outputs",
    "data": "recorded input",
    "typing": "the public API as a typed program uses it",
}


def forbidden_in(text: str) -> list[tuple[int, str]]:
    """(line counted from 1, what it names) for every line that names what no file may name."""
    return [
        (number, what)
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]


@cache
def files() -> tuple[Path, ...]:
    """What git tracks or would track; skips the test where this is no checkout (an sdist)."""
    # Another owner of the checkout, as in containers, is no reason to refuse.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"]
    try:
        answer = subprocess.run(
            [*command, "--exclude-standard"], cwd=ROOT, capture_output=True, timeout=60, check=False
        )
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if answer.returncode:
        pytest.skip(f"not a git checkout: {answer.stderr.decode(errors='replace').strip()}")
    names = answer.stdout.decode().split("\0")
    return tuple(path for name in sorted(names) if name and (path := ROOT / name).is_file())


def text_of(path: Path) -> str:
    """The file as text; bytes that are none are kept as such and match no pattern."""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def names_of(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def test_no_file_names_a_registry_or_a_machine() -> None:
    """Where packages come from is the user's configuration, and the tree is at home anywhere."""
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in files()
        if (lines := forbidden_in(text_of(path)))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("https://py" + "pi.org/simple", "a package registry's host"),
        ("files.python" + "hosted.org", "a package registry's host"),
        ("cd /wo" + "rk/main", "a path of one machine"),
        ("HOME=/ro" + "ot/.config", "a path of one machine"),
    ],
)
def test_what_is_forbidden_is_found(line: str, what: str) -> None:
    """The patterns match what they are for."""
    assert forbidden_in(f"first\n{line}\n") == [(2, what)]


@pytest.mark.parametrize(
    "line",
    [
        "http://ca.example.com/root/ca.crt",
        "the registry's host",
        "a network/root/leaf chain",
        "diagnose/chain/public_roots.py",
        "pip install tls-diagnose",
    ],
)
def test_what_is_not_forbidden_is_left_alone(line: str) -> None:
    """Addresses and words that only look alike are no finding."""
    assert forbidden_in(line) == []


def test_every_python_file_can_be_seen_whole() -> None:
    """Long files are split before they cannot be read in one go."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(text_of(path).splitlines())
        for path in files()
        if path.suffix == ".py"
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


@pytest.mark.parametrize("folder", ["diagnose", "fixtures", "tests", "tools", "bench"])
def test_every_module_says_what_lives_in_it(folder: str) -> None:
    """A module begins with a docstring; an empty file needs none."""
    silent = [
        path
        for path in python_files(folder)
        if (source := text_of(path)).strip() and not ast.get_docstring(ast.parse(source))
    ]
    assert names_of(silent) == []


def test_every_folder_of_tests_mirrors_a_room() -> None:
    """Who looks for the tests of a room finds them under its name."""
    rooms = {path.name for path in (ROOT / "diagnose").iterdir()}
    folders = {path.parent.relative_to(ROOT / "tests").parts[:1] for path in python_files("tests")}
    tested = {parts[0] for parts in folders if parts}
    assert tested - rooms - set(BESIDE_THE_ROOMS) == set()


def test_every_room_is_tested() -> None:
    """A room of the package has a folder of tests, or a file of them, under its name."""
    rooms = {
        path.stem
        for path in (ROOT / "diagnose").iterdir()
        if (path / "__init__.py").is_file() or (path.suffix == ".py" and path.stem[0] != "_")
    }
    tested = {path.relative_to(ROOT / "tests").parts[0] for path in python_files("tests")}
    mirrored = {name.removesuffix(".py").removeprefix("test_") for name in tested}
    assert rooms - mirrored == set()


def test_every_test_says_what_it_holds() -> None:
    """The docstrings of the tests, read one after another, are the specification."""
    silent = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}"
        for path in python_files("tests")
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_development_pins_name_no_host() -> None:
    """Every line of requirements-dev.txt is a comment or one pinned package, perhaps for some."""
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"[a-z0-9-]+==[\w.]+(?: ; [\w\s.'<>=!()]+)?")
    assert [line for line in lines if not line.startswith("#") and not pin.fullmatch(line)] == []


def test_the_listing_of_files_is_one() -> None:
    """The tests above look at something."""
    assert {ROOT / "pyproject.toml", Path(__file__).resolve()} <= set(files())
