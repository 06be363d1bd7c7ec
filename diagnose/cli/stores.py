"""`diagnose stores`: what would be trusted here, without connecting anywhere."""

from __future__ import annotations

import os
import sys

import typer

from diagnose.cli.options import Bundle, Format, Output
from diagnose.cli.output import page, plain_page, reserved, show


def stores(bundle: Bundle = None, form: Format = "terminal", output: Output = None) -> None:
    """Show each trust store: where it lives, what chose it, how many anchors, what is wrong."""
    from diagnose.model.exits import Exit
    from diagnose.platforms.survey import survey
    from diagnose.report.inventory import Inventory, as_json, as_text
    from diagnose.stores.opened import Sources, open_stores
    from diagnose.stores.pip_settings import ask

    with reserved(output) as file:
        question = ask(os.environ)
        around = survey()
        sources = Sources(around, os.environ, bundle, question.answer(), connecting=False)
        found = open_stores(sources)
        inventory = Inventory(
            around, tuple(each.facts for each in found.stores), found.certifi, found.bundle_settings
        )
        if form == "json":
            text = as_json(inventory)
        else:
            text = as_text(inventory, plain_page() if file else page(sys.stdout))
        if file is not None:
            file.write(text)
        else:
            show(text)
    raise typer.Exit(int(Exit.OK))
