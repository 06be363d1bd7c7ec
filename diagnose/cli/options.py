"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from diagnose.catalogue import module_names
from diagnose.cli.output import choice

#: `model.store.StoreName`, written out so that `--help` need not import the model; a test holds
#: them together.
STORES = ("certifi", "bundle", "system")

FORMATS = "diagnose.report.formats"


def _format_names() -> list[str]:
    return list(module_names(FORMATS))


def _check_format(value: str) -> str:
    return choice(value, tuple(_format_names()), "the format")


Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="terminal|json",
        help="For people, or for programs.",
        callback=_check_format,
        autocompletion=_format_names,
    ),
]

Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report to FILE.")
]

Bundle = Annotated[
    str | None,
    typer.Option(
        "--bundle",
        metavar="PATH",
        help="Your own trust anchors: a PEM file or a hashed directory. Without it, the bundle"
        " that a Python client would take (REQUESTS_CA_BUNDLE, PIP_CERT, ...).",
    ),
]


def _check_stores(values: Any) -> list[str]:
    # typer 0.28 on Python 3.10 takes `list[str]` here for a class, and fails.
    return [choice(value, STORES, "a store") for value in values]


Require = Annotated[
    list[str],
    typer.Option(
        "--require",
        metavar="STORE",
        help="Let the exit code be about this store only: certifi, bundle or system. May be"
        " repeated.",
        callback=_check_stores,
        autocompletion=lambda: list(STORES),
    ),
]
