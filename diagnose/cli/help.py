"""The end of every help page: exit codes and examples."""

from __future__ import annotations

from diagnose.model.exits import table


def epilog(*examples: str, verdicts: bool = True) -> str:
    r"""EXIT CODES and EXAMPLES; `\b` keeps the command line library from joining the lines.

    Commands that give no verdict about a server end with the first three codes only.
    """
    lines = table().splitlines()
    codes = "\n".join(f"  {line}" for line in (lines if verdicts else lines[:3]))
    shown = "\n".join(f"  {example}" for example in examples)
    return f"\b\nEXIT CODES\n{codes}\n\n\b\nEXAMPLES\n{shown}"
