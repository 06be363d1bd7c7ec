"""`diagnose causes`: every cause that is known, by name."""

from __future__ import annotations


def causes() -> None:
    """List every cause that `diagnose` knows; `diagnose explain CAUSE` tells more of one."""
    from diagnose.catalogue import entries
    from diagnose.cli.output import show
    from diagnose.model.diagnosis import Cause

    known = entries("diagnose.causes", "CAUSE", Cause)
    width = max(len(cause.id) for cause in known)
    show("".join(f"{cause.id:<{width}}  {cause.summary}\n" for cause in known))
