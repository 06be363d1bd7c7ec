"""The machine format `diagnose/report/1`: types of its own, so that nouns can change without it.

The committed schema is report/schema/report-1.json.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, TypeAlias

from diagnose.model.attempt import Attempt, Failure, Profile
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.client import Prediction
from diagnose.model.diagnosis import Diagnosis
from diagnose.model.observation import Recording
from diagnose.model.remedy import Commands, Remedy
from diagnose.model.report import Page, Renderer, Report, TargetReport
from diagnose.model.store import Store, StoreName
from diagnose.model.target import Direct, Route, ThroughProxy
from diagnose.model.walk import Gap
from diagnose.report.drawing import source
from diagnose.report.sentences import anchor_of, missing_issuer
from diagnose.report.values import certifi_value, defect_value, setting_value

SCHEMA = "diagnose/report/1"

Json: TypeAlias = dict[str, Any]


def render(report: Report, page: Page) -> str:
    """The report as JSON: ASCII only, keys in a fixed order, times in UTC."""
    return json.dumps(document(report), indent=2, ensure_ascii=True) + "\n"


def document(report: Report) -> Json:
    """The report as JSON values."""
    return {
        "schema": SCHEMA,
        "exit_code": int(report.exit_code),
        "surroundings": _surroundings(report.recording),
        "targets": [_target(each) for each in report.targets],
    }


def _surroundings(recording: Recording) -> Json:
    around = recording.surroundings
    return {
        "instant": _time(around.instant),
        "platform": str(around.platform),
        "system": around.system,
        "python": around.python,
        "openssl": around.openssl,
        "environment": dict(around.environment),
        "versions": dict(around.versions),
        "certifi": certifi_value(recording.certifi),
        "bundle_settings": [setting_value(each) for each in recording.bundle_settings],
        "required": [str(each) for each in recording.required],
    }


def _target(report: TargetReport) -> Json:
    case = report.case
    gap = missing_issuer(case)
    target = case.target
    return {
        "target": {
            "host": target.host,
            "port": target.port,
            "server_name": target.server_name,
            "shown": target.shown,
            "route": _route(target.route),
            "addresses": list(case.observation.addresses),
        },
        "summary": report.summary,
        "who": str(report.who),
        "stores": {str(name): _store(case, name) for name in StoreName},
        "connection": _connection(case),
        "chain": [_certificate(each) for each in case.chain],
        "path": [
            {"sha256": each, "source": source(case, case.certificates[each])}
            for each in case.reach.best.certificates
        ],
        "missing_issuer": _gap(gap) if gap else None,
        "fetches": [
            {"url": each.url, "certificates": list(each.certificates), "problem": each.problem}
            for each in case.observation.fetches
        ],
        "diagnoses": [_diagnosis(each) for each in report.diagnoses],
        "remedies": [_remedy(each) for each in report.remedies],
        "clients": [_client(each) for each in report.clients],
    }


def _route(route: Route) -> Json:
    match route:
        case Direct(because=because):
            return {"kind": "direct", "because": because}
        case ThroughProxy() as proxy:
            return {
                "kind": "proxy",
                "url": proxy.url,
                "chosen_by": proxy.chosen_by,
                "credentials": proxy.has_credentials,
            }


def _store(case: Case, name: StoreName) -> Json:
    store = case.store(name)
    attempt = case.observation.attempt(name)
    walk = case.walks.get(name)
    anchor = anchor_of(case, walk) if attempt and attempt.failure is None else None
    return {
        "verdict": str(case.verdict(name)),
        "origin": list(store.places),
        "chosen_by": store.chosen_by,
        "anchors": store.anchors,
        "complete": store.complete,
        "engine": attempt.engine if attempt else None,
        "address": attempt.address if attempt else None,
        "failure": _failure(attempt.failure if attempt else None),
        "anchor": {"subject": anchor.subject.text, "sha256": anchor.sha256} if anchor else None,
        "valid_path_missed_by_openssl": bool(walk and walk.missed_by_openssl),
        "strict": _strict(case.observation.attempt(name, Profile.STRICT)),
        **_files(store),
    }


def _files(store: Store) -> Json:
    return {"defects": [defect_value(each) for each in store.defects], "notes": list(store.notes)}


def _strict(attempt: Attempt | None) -> Json | None:
    if attempt is None:
        return None
    verdict = "verifies" if attempt.failure is None else "fails"
    return {"verdict": verdict, "failure": _failure(attempt.failure)}


def _failure(failure: Failure | None) -> Json | None:
    if failure is None:
        return None
    return {
        "stage": str(failure.stage),
        "trouble": str(failure.trouble),
        "code": failure.code,
        "depth": failure.depth,
        "words": failure.words,
    }


def _connection(case: Case) -> Json:
    capture = case.observation.capture
    return {
        "address": capture.address,
        "protocol": capture.protocol,
        "cipher": capture.cipher,
        "alpn": capture.alpn,
        "stapled_ocsp": capture.stapled,
        "failure": _failure(capture.failure),
    }


def _certificate(certificate: Certificate) -> Json:
    return {
        "subject": certificate.subject.text,
        "issuer": certificate.issuer.text,
        "sha256": certificate.sha256,
        "serial": certificate.serial,
        "not_before": _time(certificate.not_before),
        "not_after": _time(certificate.not_after),
        "key_id": certificate.key_id,
        "authority_key_id": certificate.authority_key_id,
        "ca": certificate.ca,
        "names": [*certificate.dns_names, *certificate.ip_addresses],
        "ca_issuers": list(certificate.ca_issuers),
        "unread": list(certificate.unread),
    }


def _gap(gap: Gap) -> Json:
    return {
        "subject": gap.issuer.text,
        "key_id": gap.key_id,
        "sha256": gap.certificate,
        "found_in": list(gap.found_in),
        "looked_in": list(gap.looked_in),
        "near_misses": [
            {"sha256": miss.certificate, "where": list(miss.where), "why": miss.why}
            for miss in gap.near_misses
        ],
    }


def _diagnosis(diagnosis: Diagnosis) -> Json:
    finding = diagnosis.finding
    return {
        "cause": diagnosis.cause,
        "summary": finding.summary,
        "confidence": str(finding.confidence),
        "evidence": list(finding.evidence),
        "who": str(finding.who),
        "remark": finding.remark,
    }


def _remedy(remedy: Remedy) -> Json:
    return {
        "title": remedy.title,
        "for": remedy.for_,
        "who": str(remedy.who),
        "reach": remedy.reach,
        "commands": _commands(remedy.commands),
        "lowers_security": remedy.lowers_security,
        "undo": _commands(remedy.undo),
    }


def _commands(commands: Commands) -> Json:
    return {
        "sh": list(commands.sh),
        "powershell": list(commands.powershell),
        "cmd": list(commands.cmd),
    }


def _client(prediction: Prediction) -> Json:
    return {
        "name": prediction.name,
        "version": prediction.version,
        "verdict": str(prediction.verdict) if prediction.verdict else None,
        "trouble": str(prediction.trouble) if prediction.trouble else None,
        "because": prediction.because,
        "ignored": list(prediction.ignored),
    }


def _time(instant: datetime | None) -> str | None:
    """RFC 3339 in UTC, with `Z`."""
    if instant is None:
        return None
    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


RENDERER = Renderer("json", render)
