"""`diagnose demo`: the real check on a small stage, with no network."""

from __future__ import annotations

import sys

import typer


def demo() -> None:
    """Try it without a network: a package index behind a proxy that inspects TLS, on loopback.

    Ends with 0 when the demonstration ran; the check's own exit code is part of what is shown.
    """
    import secrets
    from datetime import datetime, timezone

    from diagnose.cli.check import deliver
    from diagnose.demo.stage import AUTHORITY, COMPANY, inspected_index
    from diagnose.examine import Options, conclude, observe

    # A key that anyone could compute must not be the one that a user is told to trust.
    seed = secrets.token_bytes(32)
    with inspected_index(seed, datetime.now(timezone.utc)) as stage:
        typer.echo(
            f"On this machine a proxy of the invented company {COMPANY} now inspects TLS: it reads"
            f" what passes\nand answers with certificates of `{AUTHORITY}`. Asked is:\n\n"
            f"  diagnose check {stage.host} --proxy {stage.proxy} --bundle corp-ca.pem\n",
            err=False,
        )
        sys.stdout.flush()
        report = conclude(observe([stage.host], Options(stage.bundle, stage.proxy)))
        deliver(report, "terminal", None)
    typer.echo(
        "\nThe demonstration is over: the proxy, its authority and corp-ca.pem are gone, so do not"
        "\nrun the commands above. On a real server: diagnose check HOST"
    )
