"""`diagnose replay`: the same report from saved facts, without touching the network."""

from __future__ import annotations

from typing import Annotated

import typer

from diagnose.cli.check import deliver
from diagnose.cli.options import Format, Output
from diagnose.cli.output import read_text, reserved


def replay(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What --save wrote; `-` for standard input.")
    ],
    form: Format = "terminal",
    output: Output = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say only the first sentence of each target.")
    ] = False,
) -> None:
    """Give the report of a saved observation again, also on another machine or platform."""
    from diagnose.examine import conclude
    from diagnose.model.saved import SIZE_LIMIT, loads

    with reserved(output) as report_file:
        report = conclude(
            loads(read_text(file, SIZE_LIMIT), "standard input" if file == "-" else file)
        )
        deliver(report, form, report_file, quiet=quiet)
    raise typer.Exit(int(report.exit_code))
