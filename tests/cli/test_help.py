"""Help: every page ends with exit codes and examples, and the short forms lead to `check`."""

from __future__ import annotations

import pytest

from diagnose import __version__
from diagnose.cli import main
from diagnose.cli.app import COMMANDS, with_default_command
from diagnose.cli.options import STORES
from diagnose.model.exits import table
from diagnose.model.store import StoreName


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)], ids=" ".join)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_page_ends_with_exit_codes_and_examples(
    words: tuple[str, ...], option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The table of the model, line by line, and commands that can be copied."""
    assert main([*words, option]) == 0
    out, err = capfd.readouterr()
    _, codes, rest = out.partition("EXIT CODES\n")
    shown, title, examples = rest.partition("EXAMPLES\n")
    assert (bool(codes), bool(title), err) == (True, True, "")
    lines = [line.split(maxsplit=1) for line in shown.splitlines() if line.strip()]
    wanted = [line.split(maxsplit=1) for line in table().splitlines()]
    assert lines
    assert all(line in wanted for line in lines)
    if words in ((), ("check",), ("replay",)):
        assert lines == wanted
    commands = [line.strip() for line in examples.splitlines() if line.strip()]
    assert commands
    assert all(line.startswith("diagnose ") for line in commands)


def test_no_word_at_all_is_a_question_for_help(capfd: pytest.CaptureFixture[str]) -> None:
    """Who types nothing sees what can be typed."""
    main([])
    out, err = capfd.readouterr()
    assert "EXIT CODES" in out + err


def test_the_version(capfd: pytest.CaptureFixture[str]) -> None:
    """One line."""
    assert main(["--version"]) == 0
    assert capfd.readouterr() == (f"diagnose {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ([], []),
        (["-h"], ["-h"]),
        (["--version"], ["--version"]),
        (["--show-completion=bash"], ["--show-completion=bash"]),
        (["example.com"], ["check", "example.com"]),
        (["check", "example.com"], ["check", "example.com"]),
        (["check", "check"], ["check", "check"]),
        (["--bundle", "x", "example.com"], ["check", "--bundle", "x", "example.com"]),
        (["-q", "example.com"], ["check", "-q", "example.com"]),
        (["--", "stores"], ["check", "--", "stores"]),
        (["stores.example.com"], ["check", "stores.example.com"]),
        ([""], ["check", ""]),
        (["stores"], ["stores"]),
    ],
    ids=" ".join,
)
def test_check_is_the_command_that_is_meant(words: list[str], meant: list[str]) -> None:
    """`diagnose HOST` is short for `diagnose check HOST`; options may come first."""
    assert with_default_command(words) == meant


def test_the_stores_of_the_options_are_those_of_the_model() -> None:
    """They are written out once more so that help need not import the model."""
    assert tuple(map(str, StoreName)) == STORES


@pytest.mark.parametrize(
    ("words", "more"),
    [(("explain", "expired"), "## What to do"), (("explain", " EXPIRED "), "# expired"),
     (("causes",), "expired")],
)  # fmt: skip
def test_explanations_are_printed(
    words: tuple[str, ...], more: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The registry on the terminal, whatever the case of the name."""
    assert main(words) == 0
    out, err = capfd.readouterr()
    assert more in out
    assert err == ""
