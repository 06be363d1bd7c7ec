"""A machine for the command line: certifi, a system store and a bundle of the test's own.

The certifi is a package that stands first on PYTHONPATH; the system's store is named by OpenSSL's
variables. Both reach a child process as they would on a real machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from diagnose.demo.pki import Authority, Issued

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = Authority.root("Example Public Root", organization="Example Trust Services")
CORPORATE = Authority.root("Example Corp Root CA", organization="Example Corp")
LEAF = CORPORATE.leaf("127.0.0.1")

_CERTIFI = """
import os
__version__ = "2026.10.18"
def where():
    return os.path.join(os.path.dirname(__file__), "cacert.pem")
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder with the stores, and the variables that make them the machine's."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PYTHONPATH": os.pathsep.join((str(self.folder / "site"), str(ROOT))),
            "SSL_CERT_FILE": str(self.folder / "system.pem"),
            "SSL_CERT_DIR": str(self.folder / "empty"),
            "PYTHONWARNINGS": "error",
        }

    def path(self, name: str) -> str:
        return str(self.folder / name)


def machine(folder: Path, certifi: Issued = PUBLIC, system: Issued = PUBLIC) -> Machine:
    """A machine whose certifi and system store have one anchor each."""
    package = folder / "site" / "certifi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(_CERTIFI, "ascii")
    (package / "cacert.pem").write_text(certifi.pem, "ascii")
    (folder / "system.pem").write_text(system.pem, "ascii")
    (folder / "corp.pem").write_text(CORPORATE.pem, "ascii")
    (folder / "empty").mkdir()
    return Machine(folder)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(
    here: Machine, *words: str, variables: Mapping[str, str] | None = None, **more: object
) -> Ended:
    """Run `python -m diagnose` as a process of its own; every warning of Python is an error."""
    answer = subprocess.run(
        [sys.executable, "-m", "diagnose", *words],
        env={**os.environ, **here.variables, **(variables or {})},
        cwd=here.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
        **more,  # type: ignore[call-overload]
    )
    return Ended(answer.returncode, answer.stdout.decode(), answer.stderr.decode())
