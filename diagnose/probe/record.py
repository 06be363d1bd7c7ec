"""Several targets observed at once, and all of it put into one Recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from diagnose.model.observation import Recording
from diagnose.model.store import Store, StoreName
from diagnose.model.surroundings import Surroundings
from diagnose.model.target import Target
from diagnose.probe.observe import Plan, Probe, Seen
from diagnose.probe.parallel import all_at_once
from diagnose.probe.routes import Way
from diagnose.stores.opened import OpenStore, Stores

#: Each target has four connections open at the same time; this keeps well under the 256 open
#: files that macOS allows a process.
TARGETS_AT_ONCE = 16


def record(
    targets: Sequence[tuple[Target, Way]],
    stores: Stores,
    surroundings: Surroundings,
    plan: Plan,
    required: tuple[StoreName, ...] = (),
) -> Recording:
    """Observe every target; the recording keeps the certificates and anchors that they need."""
    probe = Probe(stores, surroundings, plan)
    tasks = [partial(probe.observe, target, way) for target, way in targets]
    seen = all_at_once(tasks, TARGETS_AT_ONCE)
    ders = [der for each in seen for der in each.certificates]
    ders += [anchor.der for each in seen for found in each.anchors.values() for anchor in found]
    return Recording(
        surroundings=surroundings,
        stores=tuple(_with_anchors(store, seen) for store in stores.stores),
        certifi=stores.certifi,
        bundle_settings=stores.bundle_settings,
        certificates=tuple(dict.fromkeys(ders)),
        observations=tuple(each.observation for each in seen),
        required=required,
    )


def _with_anchors(store: OpenStore, seen: Sequence[Seen]) -> Store:
    name = store.facts.name
    kept = dict.fromkeys(anchor.sha256 for each in seen for anchor in each.anchors.get(name, ()))
    return replace(store.facts, kept=tuple(kept))
