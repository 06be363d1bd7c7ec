"""Writes the parts of the docs that repeat the program: causes, exit codes, a real output.

`make docs` runs it. `--check` writes nothing and ends with 1 when a file is not in step. What
surrounds the written parts is prose and is left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from diagnose.catalogue import entries
from diagnose.model.diagnosis import Cause
from diagnose.model.exits import MEANING

ROOT = Path(__file__).resolve().parent.parent
#: The scene that `diagnose demo` plays; its report is kept for the tests.
DEMO_REPORT = "fixtures/goldens/interception.txt"
DEMO_COMMAND = (
    "$ diagnose check registry.example.com --proxy http://127.0.0.1:3128 --bundle corp-ca.pem"
)

CAUSES_HEAD = """\
# Causes

Everything that `diagnose` can conclude. `diagnose explain CAUSE` prints the same text, `diagnose
causes` the list. They stand here in the order of a report: where several apply, the first one in
this list is what must be mended first.

This file is written by `make docs` from the explanations in `diagnose/causes/`.
"""


def causes_page() -> str:
    """The whole of docs/causes.md: a table, then a section for each cause of the catalogue."""
    known = sorted(entries("diagnose.causes", "CAUSE", Cause), key=lambda cause: cause.rank)
    rows = [f"| [{cause.id}](#{cause.id}) | {_cell(cause.summary)} |" for cause in known]
    table = "\n".join(["| cause | in one line |", "| --- | --- |", *rows])
    sections = [lowered(cause.explanation) for cause in known]
    return "\n".join([CAUSES_HEAD, f"{table}\n", *sections])


def lowered(explanation: str) -> str:
    """An explanation with each heading one level lower, below the title of the page.

    Its examples are indented by four blanks, so that a `#` at the start of a line is a heading.
    """
    lines = explanation.strip().splitlines()
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in lines) + "\n"


def exit_table() -> str:
    """The exit codes as a table."""
    rows = [f"| {code.value} | {_cell(meaning)} |" for code, meaning in MEANING.items()]
    return "\n".join(["| code | meaning |", "| ---: | --- |", *rows])


def demo_report(root: Path) -> str:
    """What `diagnose demo` prints, with the ports, folders and dates that the tests hold still."""
    report = (root / DEMO_REPORT).read_text(encoding="utf-8").rstrip("\n")
    return f"```console\n{DEMO_COMMAND}\n{report}\n```"


def between(text: str, name: str, content: str) -> str:
    """`text` with `content` between the two marks of `name`. Raises ValueError without them."""
    begin, end = f"<!-- {name}: written by `make docs` -->\n", f"<!-- end of {name} -->"
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"the marks of `{name}` are missing")
    return f"{before}{begin}\n{content}\n\n{end}{after}"


def wanted(root: Path) -> dict[str, str]:
    """Each file that is written, wholly or in part, and the text that it should have."""
    parts: dict[str, dict[str, Callable[[], str]]] = {
        "README.md": {"demo": lambda: demo_report(root), "exit codes": exit_table},
        "docs/usage.md": {"exit codes": exit_table},
    }
    pages = {"docs/causes.md": causes_page()}
    for name, contents in parts.items():
        text = (root / name).read_text(encoding="utf-8")
        for mark, content in contents.items():
            text = between(text, mark, content())
        pages[name] = text
    return pages


def stale(root: Path) -> list[str]:
    """The names of the files that are not in step with the program."""
    return sorted(name for name, text in wanted(root).items() if _text(root / name) != text)


def main(arguments: list[str]) -> int:
    """Write what is stale, or with `--check` only name it."""
    names = stale(ROOT)
    if "--check" in arguments:
        for name in names:
            print(f"{name} is not in step with the program: run `make docs`", file=sys.stderr)
        return int(bool(names))
    texts = wanted(ROOT)
    for name in names:
        (ROOT / name).write_text(texts[name], encoding="utf-8", newline="\n")
        print(f"wrote {name}")
    return 0


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
