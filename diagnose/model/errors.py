"""Errors that are answers: one sentence for the user, and the exit code it ends with."""

from __future__ import annotations

from diagnose.model.exits import Exit


class DiagnoseError(Exception):
    """Bad input or an unusable file: the message names the thing and the way out.

    The message is one sentence without a full stop, safe to print.
    """

    exit = Exit.USAGE


class InternalError(DiagnoseError):
    """diagnose itself failed (an output that cannot be written, a broken installation)."""

    exit = Exit.FAILED
