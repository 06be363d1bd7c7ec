"""Start-up and checks as ratios, measured in one run: `make bench`.

Each command is a whole process; the commands of a comparison take turns, so that a machine that
slows down slows all of them. Printed are medians of wall time and of processor time, and the ratio.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from diagnose.demo.pki import Authority
from diagnose.demo.servers import tls_server

ROUNDS = 11
BARE = str(Path(__file__).with_name("bare.py"))
HOSTS = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """`command` should take less than `limit` times as long as `measure`."""

    name: str
    command: Sequence[str]
    measure: Sequence[str]
    limit: float


def main() -> None:
    python = sys.executable
    diagnose = [python, "-m", "diagnose"]
    typer = [python, "-c", "import typer"]
    with _stage() as (ports, bundle):
        host = f"localhost:{ports[0]}"
        check = [*diagnose, "check", host, "--bundle", bundle]
        many = [f"localhost:{port}" for port in ports]
        explain = [*diagnose, "explain", "expired"]
        bare = [python, BARE, "localhost", str(ports[0]), bundle]
        comparisons = [
            Comparison("diagnose --help : import typer", [*diagnose, "--help"], typer, 2.0),
            Comparison("diagnose explain : import typer", explain, typer, 2.0),
            Comparison("diagnose check : bare script", check, bare, 1.5),
            Comparison("check --format json : bare", [*check, "--format", "json"], bare, 1.5),
            Comparison(
                f"check of {HOSTS} hosts : check of one",
                [*diagnose, "check", *many, "--bundle", bundle],
                check,
                3.0,
            ),
        ]
        print(f"{'':38}{'wall ms':>16}{'cpu ms':>16}   ratio wall  cpu  (to reach)")
        for each in comparisons:
            _print(each, *_alternate(each.command, each.measure))


def _print(comparison: Comparison, ours: Cost, theirs: Cost) -> None:
    wall = f"{ours.wall * 1e3:.0f} : {theirs.wall * 1e3:.0f}"
    cpu = f"{ours.cpu * 1e3:.0f} : {theirs.cpu * 1e3:.0f}"
    ratios = f"{ours.wall / theirs.wall:.2f}  {ours.cpu / theirs.cpu:.2f}"
    print(f"{comparison.name:38}{wall:>16}{cpu:>16}   {ratios:>14}  (< {comparison.limit})")


def _alternate(ours: Sequence[str], theirs: Sequence[str]) -> tuple[Cost, Cost]:
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(ROUNDS + 1):
        for command, found in zip((ours, theirs), costs, strict=True):
            found.append(_once(command))
    return _median(costs[0][1:]), _median(costs[1][1:])  # the first of each warms the caches


def _once(command: Sequence[str]) -> Cost:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_clean(), check=False
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(each.wall for each in costs),
        statistics.median(each.cpu for each in costs),
    )


def _clean() -> dict[str, str]:
    """No variable of this machine changes what is measured; pip has no configuration file."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": tempfile.gettempdir(),
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
    }


@contextmanager
def _stage() -> Iterator[tuple[list[int], str]]:
    """Servers of one authority, and the bundle that has it."""
    authority = Authority.root("Example Corp Root CA")
    credential = authority.intermediate().leaf("localhost")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="diagnose-bench-"))
        bundle = Path(folder, "corp-ca.pem")
        bundle.write_text(authority.pem, encoding="ascii")
        servers = [stack.enter_context(tls_server(credential)) for _ in range(HOSTS)]
        yield [server.port for server in servers], str(bundle)


if __name__ == "__main__":
    main()
