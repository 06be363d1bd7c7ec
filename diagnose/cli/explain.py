"""`diagnose explain CAUSE`: the explanation that the docs and the tests read too."""

from __future__ import annotations

from typing import Annotated

import typer

from diagnose.catalogue import entry, module_names
from diagnose.model.errors import DiagnoseError
from diagnose.model.text import printable

ROOM = "diagnose.causes"


def _ids() -> list[str]:
    return [name.replace("_", "-") for name in module_names(ROOM)]


def explain(
    cause: Annotated[
        str,
        typer.Argument(metavar="CAUSE", help="A name of `diagnose causes`.", autocompletion=_ids),
    ],
) -> None:
    """Explain a cause: what you see, what happened, how we know, what to do and what not."""
    # Only this one cause is imported: the others would double the time it takes.
    from diagnose.cli.output import show
    from diagnose.model.diagnosis import Cause

    wanted = cause.strip().lower()
    if wanted not in _ids():
        raise DiagnoseError(f"there is no cause `{printable(cause, 60)}`{_nearest(wanted)}")
    show(entry(ROOM, wanted.replace("-", "_"), "CAUSE", Cause).explanation)


def _nearest(wanted: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(wanted, _ids(), n=1)
    return f"; did you mean `{near[0]}`?" if near else "; `diagnose causes` lists them all"
