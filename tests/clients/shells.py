"""Commands that are really run: with the POSIX shell of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Names that no shell may take apart.
AWKWARD = (
    "/opt/corp ca/it's $HOME `id`.pem",
    '/opt/"quoted"/a;b&c|d.pem',
    "/opt/\u2019; Write-Host x #/ca.pem",
    "/opt/wei\u00df/\u6f22\u5b57.pem",
    "-rf.pem",
    "/opt/%PATH%/!x!/^.pem",
    "/opt/new\nline.pem",
)


def run_sh(
    commands: Sequence[str],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the lines in one `sh`; `python` is the one that runs the tests."""
    path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-ec", "\n".join(commands)],
        env={"PATH": path, "LC_ALL": "C.UTF-8", **(environment or {})},
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def variables_after(
    commands: Sequence[str], environment: Mapping[str, str], *names: str
) -> dict[str, str | None]:
    """What the variables are after the commands; None where they are unset."""
    probe = (
        "import os, json;"
        f"print('\\n' + json.dumps({{name: os.environ.get(name) for name in {names!r}}}))"
    )
    done = run_sh([*commands, f'"{sys.executable}" -c "$PROBE"'], {**environment, "PROBE": probe})
    assert done.returncode == 0, done.stderr
    import json

    found: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return found
