"""Why does TLS certificate verification fail here, and which trust store would succeed?

The public API is what `__all__` names; everything else may move between releases.
Names are resolved late, so that `import diagnose` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diagnose.examine import check
    from diagnose.model.errors import DiagnoseError
    from diagnose.model.report import Report

__all__ = ["DiagnoseError", "Report", "__version__", "check"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "check":
        from diagnose.examine import check

        return check
    if name == "DiagnoseError":
        from diagnose.model.errors import DiagnoseError

        return DiagnoseError
    if name == "Report":
        from diagnose.model.report import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
