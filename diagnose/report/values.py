"""JSON values of facts about stores, shared by the report and by `diagnose stores`."""

from __future__ import annotations

from typing import Any, TypeAlias

from diagnose.model.store import BundleSetting, CertifiFacts, FileDefect

Json: TypeAlias = dict[str, Any]


def certifi_value(facts: CertifiFacts | None) -> Json | None:
    """What certifi is here; None where it is not installed."""
    if facts is None:
        return None
    return {
        "version": facts.version,
        "released": facts.released.isoformat() if facts.released else None,
        "where": facts.where,
        "integrity": str(facts.integrity),
        "added": list(facts.added),
    }


def setting_value(setting: BundleSetting) -> Json:
    """One setting that names a bundle."""
    return {
        "source": setting.source,
        "path": setting.path,
        "anchors": setting.anchors,
        "probed": setting.probed,
        "defects": [defect_value(each) for each in setting.defects],
    }


def defect_value(defect: FileDefect) -> Json:
    """One defect of one file."""
    return {
        "path": defect.path,
        "kind": str(defect.kind),
        "detail": defect.detail,
        "fatal": defect.fatal,
        "block": defect.block,
        "line": defect.line,
    }
