"""`diagnose check`: the main job."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from diagnose.cli.options import FORMATS, Bundle, Format, Output, Require
from diagnose.cli.output import Waiting, page, plain_page, reserved, show
from diagnose.model.errors import DiagnoseError
from diagnose.model.text import printable

if TYPE_CHECKING:
    from diagnose.model.report import Report

#: Waiting longer than this wants a word on the terminal.
_PATIENCE = 1.0
_LONGEST = 600.0


def check(
    hosts: Annotated[
        list[str],
        typer.Argument(metavar="HOST...", help="HOST, HOST:PORT, [ADDRESS]:PORT or https URL."),
    ],
    bundle: Bundle = None,
    proxy: Annotated[
        str | None,
        typer.Option(
            "--proxy",
            metavar="URL",
            help="Go through this proxy instead of the one that HTTPS_PROXY, ALL_PROXY or the"
            " system's settings name. Empty: go directly.",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="Limit of each stage.")
    ] = 10.0,
    no_aia: Annotated[
        bool, typer.Option("--no-aia", help="Never ask the caIssuers address of a certificate.")
    ] = False,
    require: Require = [],  # noqa: B006 - typer copies it
    save: Annotated[
        str | None,
        typer.Option("--save", metavar="FILE", help="Keep the facts for `diagnose replay`."),
    ] = None,
    form: Format = "terminal",
    output: Output = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say only the first sentence of each target.")
    ] = False,
) -> None:
    """Connect to each HOST with three trust stores and say which would succeed, and why not."""
    if not (math.isfinite(timeout) and 0 < timeout <= _LONGEST):
        raise DiagnoseError(
            f"--timeout is a number of seconds, more than 0, at most {_LONGEST:.0f}"
        )
    if save == "-":
        raise DiagnoseError("--save wants the name of a file; the report goes to stdout already")
    if save and output and os.path.realpath(save) == os.path.realpath(output):
        raise DiagnoseError(f"--save and -o both name `{printable(save)}`; name two files")
    if bundle == "":
        raise DiagnoseError("--bundle is empty; name a PEM file or a hashed directory")
    from diagnose.examine import Options, conclude, observe
    from diagnose.model.store import StoreName

    options = Options(bundle, proxy, timeout, not no_aia, tuple(map(StoreName, require)))
    with reserved(save) as facts, reserved(output) as report_file:
        with _patience(quiet, len(hosts)):
            recording = observe(hosts, options)
        if facts is not None:
            from diagnose.model.saved import dumps

            facts.write(dumps(recording))
        report = conclude(recording)
        deliver(report, form, report_file, quiet=quiet)
    raise typer.Exit(int(report.exit_code))


def deliver(report: Report, form: str, file: Waiting | None, *, quiet: bool = False) -> None:
    """Render the report and write it where it belongs."""
    from diagnose.catalogue import entry
    from diagnose.model.report import Renderer

    if quiet and form == "terminal":
        text = "".join(f"{printable(target.summary, 2000)}\n" for target in report.targets)
    else:
        renderer = entry(FORMATS, form, "RENDERER", Renderer)
        text = renderer.render(report, plain_page() if file else page(sys.stdout))
    if file is not None:
        file.write(text)
    else:
        show(text)


@contextmanager
def _patience(quiet: bool, targets: int) -> Iterator[None]:
    """A word on the terminal when the network is slow; nothing in pipes and logs."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    words = f"waiting for {'the server' if targets == 1 else f'{targets} servers'} ..."
    timer = threading.Timer(_PATIENCE, lambda: sys.stderr.write(words))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        sys.stderr.write("\r" + " " * len(words) + "\r")
        sys.stderr.flush()
