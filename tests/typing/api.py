"""The public API as a typed program uses it; checked by mypy, never run."""

from __future__ import annotations

import diagnose
from diagnose import DiagnoseError, Report, check


def preflight(*hosts: str) -> int:
    """Whether every store that counts trusts these hosts, as an exit code."""
    try:
        report: Report = check(
            *hosts, bundle=None, proxy="http://proxy.example.com:3128", timeout=5.0, aia=False,
            require=["certifi", "system"],
        )  # fmt: skip
    except DiagnoseError as error:
        message: str = str(error)
        return len(message)
    for target in report.targets:
        line: str = f"{target.summary} ({target.who.value})"
        for remedy in target.remedies:
            commands: tuple[str, ...] = remedy.commands.sh
            line += "\n".join(commands)
        causes: list[str] = [diagnosis.cause for diagnosis in target.diagnoses]
        line += ", ".join(causes)
    version: str = diagnose.__version__
    return int(report.exit_code) if version else 1


# What mypy must refuse: an unused `ignore` is an error.
check(1)  # type: ignore[arg-type]
check("localhost", bundles="x")  # type: ignore[call-arg]
check("localhost", timeout="5")  # type: ignore[arg-type]
