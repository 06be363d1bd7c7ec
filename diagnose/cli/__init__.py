"""The command line: words in, exit code out, no judgement. One file per command."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from diagnose.model.errors import DiagnoseError
from diagnose.model.exits import Exit
from diagnose.model.text import printable

_SECONDS_PER_TURN = 0.0005


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; no exception leaves, no traceback is shown.

    DIAGNOSE_TRACEBACK=1 lets unforeseen exceptions through, for developers.
    """
    # A handshake that gets its answer waits 5 ms for its turn while another thread imports.
    sys.setswitchinterval(_SECONDS_PER_TURN)
    for name in ("stdout", "stderr"):
        _never_fail(name)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except DiagnoseError as error:
        _complain(str(error))
        return int(error.exit)
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except Exception as error:  # the promise is: no traceback, ever
        if os.environ.get("DIAGNOSE_TRACEBACK"):
            raise
        _complain(
            f"diagnose itself failed ({type(error).__name__}: {printable(str(error), 200)});"
            " please report it"
        )
        return int(Exit.FAILED)


def _run(words: list[str]) -> int:
    from diagnose.cli.app import COMMANDS, build, with_default_command

    words = with_default_command(words)
    # Shell completion (`_DIAGNOSE_COMPLETE`) asks about all commands, whatever the words are.
    wanted = words[0] if words and words[0] in COMMANDS else None
    app = build(None if "_DIAGNOSE_COMPLETE" in os.environ else wanted)
    try:
        app(args=words, prog_name="diagnose")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(Exit.OK)
    return int(Exit.OK)


def _never_fail(name: str) -> None:
    """A character that the output cannot show becomes an escape, not an exception.

    A stream that is closed (`>&-`, a Windows program without a console) is None in Python.
    """
    stream = getattr(sys, name)
    if stream is None:
        setattr(sys, name, io.StringIO())
        return
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _complain(sentence: str) -> None:
    with suppress(OSError):  # nobody is listening any more; the exit code still tells
        print(f"diagnose: {sentence}", file=sys.stderr)
