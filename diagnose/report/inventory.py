"""What `diagnose stores` says: the three stores and the settings behind them, no target."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from diagnose.model.nouns import dataclass
from diagnose.model.report import Page
from diagnose.model.store import BundleSetting, CertifiFacts, FileDefect, Integrity, Store
from diagnose.model.surroundings import Surroundings
from diagnose.model.text import count
from diagnose.report.lines import Writer
from diagnose.report.sentences import where
from diagnose.report.values import certifi_value, defect_value, setting_value

SCHEMA = "diagnose/stores/1"

_INTEGRITY = {
    Integrity.SHIPPED: "its file is what the release shipped",
    Integrity.MODIFIED: "its file is NOT what the release shipped",
    Integrity.REDIRECTED: "it answers another file than its own (a distribution's patch)",
    Integrity.UNKNOWN: "whether its file is what the release shipped cannot be told (no RECORD)",
}


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was found, and when."""

    surroundings: Surroundings
    stores: tuple[Store, ...]
    certifi: CertifiFacts | None
    bundle_settings: tuple[BundleSetting, ...]


def as_json(inventory: Inventory) -> str:
    """The inventory as JSON, ASCII only."""
    document = {
        "schema": SCHEMA,
        "stores": {
            str(store.name): {
                "configured": store.configured,
                "origin": list(store.places),
                "chosen_by": store.chosen_by,
                "anchors": store.anchors,
                "complete": store.complete,
                "defects": [defect_value(each) for each in store.defects],
                "notes": list(store.notes),
            }
            for store in inventory.stores
        },
        "certifi": certifi_value(inventory.certifi),
        "bundle_settings": [setting_value(each) for each in inventory.bundle_settings],
    }
    return json.dumps(document, indent=2) + "\n"


def as_text(inventory: Inventory, page: Page) -> str:
    """The inventory for people; long lines are folded at the page's width."""
    writer = Writer(page)
    for indent, line in _lines(inventory):
        writer.line(line, indent)
    return writer.text()


def _lines(inventory: Inventory) -> Iterator[tuple[int, str]]:
    for store in inventory.stores:
        said = where(store) if store.configured else "not configured"
        yield 0, f"{store.name}: {said}"
        if store.name == "certifi" and inventory.certifi is not None:
            yield from _certifi(inventory.certifi, inventory.surroundings.instant.date())
        for defect in store.defects:
            yield 2, _defect(defect)
        for note in store.notes:
            yield 2, f"note: {note}"
    if not inventory.bundle_settings:
        return
    yield 0, ""
    yield 0, "Settings that name a bundle, the strongest first:"
    for setting in inventory.bundle_settings:
        yield 2, _setting(setting, inventory.bundle_settings[0])


def _certifi(facts: CertifiFacts, today: date) -> Iterator[tuple[int, str]]:
    age = f", {count((today - facts.released).days, 'day')} old" if facts.released else ""
    yield 2, f"release {facts.version}{age}; {_INTEGRITY[facts.integrity]}"
    for name in facts.added_names[:10]:
        yield 2, f"added: {name}"


def _setting(setting: BundleSetting, probed: BundleSetting) -> str:
    if setting.probed:
        role = "this one is probed"
    elif setting.digest == probed.digest:
        role = "the same anchors"
    else:
        role = "other anchors than the probed one"
    anchors = "not readable" if setting.anchors is None else count(setting.anchors, "anchor")
    return f"{setting.source}={setting.path}: {anchors}, {role}"


def _defect(defect: FileDefect) -> str:
    return f"{'defect' if defect.fatal else 'remark'}: `{defect.path}` {defect.detail}"
