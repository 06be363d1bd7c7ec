"""All commands under one name, and `check` as the one that is meant without a name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import typer

from diagnose.cli.help import epilog

#: Options of the program itself; any other first word that is no command is a host for `check`.
_OWN_OPTIONS = ("--help", "-h", "--version", "--install-completion", "--show-completion")

#: Each command, a module of this room with a function of the same name, and its examples.
COMMANDS = {
    "check": ("diagnose example.com", "diagnose check example.com:8443 --bundle corp-ca.pem"),
    "replay": ("diagnose replay facts.json", "diagnose replay facts.json --format json"),
    "stores": ("diagnose stores", "diagnose stores --format json"),
    "explain": ("diagnose explain anchor-only-in-system-store",),
    "causes": ("diagnose causes",),
    "demo": ("diagnose demo",),
}

#: The commands that end with a verdict about a server.
_JUDGING = ("check", "replay")


def build(only: str | None = None) -> typer.Typer:
    """The application, or the part of it that one command needs.

    typer looks through every function that it is given (2 ms each). rich stays out of help and
    errors: it would double their start-up time.
    """
    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=epilog(*(examples[0] for examples in COMMANDS.values())),
    )
    app.callback()(_program)
    for name in COMMANDS if only is None else (only,):
        function = getattr(import_module(f"diagnose.cli.{name}"), name)
        shown = epilog(*COMMANDS[name], verdicts=name in _JUDGING)
        app.command(name, epilog=shown, no_args_is_help=False)(function)
    return app


def with_default_command(words: Sequence[str]) -> list[str]:
    """`diagnose example.com` is short for `diagnose check example.com`; options may come first."""
    if not words or words[0].partition("=")[0] in _OWN_OPTIONS:
        return list(words)
    return list(words) if words[0] in COMMANDS else ["check", *words]


def _show_version(wanted: bool) -> None:
    if wanted:
        from diagnose import __version__

        typer.echo(f"diagnose {__version__}")
        raise typer.Exit


def _program(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Why does TLS certificate verification fail here, and which trust store would succeed?

    `diagnose HOST` is short for `diagnose check HOST`.
    """
