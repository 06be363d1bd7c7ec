"""The end of every help page: exit codes and examples."""

from __future__ import annotations

from diagnose.model.exits import table


def epilog(*examples: str) -> str:
    """EXIT CODES and EXAMPLES; `\\b` keeps the command line library from joining the lines."""
    codes = "\n".join(f"  {line}" for line in table().splitlines())
    shown = "\n".join(f"  {example}" for example in examples)
    return f"\b\nEXIT CODES\n{codes}\n\n\b\nEXAMPLES\n{shown}"
