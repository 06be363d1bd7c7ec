"""What `diagnose stores` says, as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from diagnose.model.report import Page
from diagnose.model.store import CertifiFacts, DefectKind, Integrity, StoreName
from diagnose.report.inventory import Inventory, as_json, as_text
from tests.clients.facts import broken, facts, names, probed

FACTS = CertifiFacts(
    "2026.10.18", date(2026, 10, 18), "/venv/certifi/cacert.pem", Integrity.MODIFIED,
    ("ab" * 32,), ("CN=Corp Root CA",),
)  # fmt: skip


def inventory() -> Inventory:
    settings = (
        probed("REQUESTS_CA_BUNDLE", "/opt/a.pem", "a"),
        names("CURL_CA_BUNDLE", "/opt/b.pem", "a"),
        names("PIP_CERT", "/opt/c.pem", "c"),
        broken("SSL_CERT_FILE", DefectKind.MISSING),
    )
    recording = facts("bundle", settings=settings).recording
    stores = tuple(
        replace(each, defects=settings[3].defects, notes=("a note",))
        if each.name is StoreName.SYSTEM
        else each
        for each in recording.stores
    )
    return Inventory(recording.surroundings, stores, FACTS, settings)


def test_the_text_for_people() -> None:
    """Every store, its file's defects, and every setting with what it would change."""
    assert (
        as_text(inventory(), Page(width=100))
        == """\
certifi: /venv/certifi/cacert.pem, 101 anchors, chosen by certifi 2026.10.18
  release 2026.10.18, 35 days old; its file is NOT what the release shipped
  added: CN=Corp Root CA
bundle: /opt/a.pem, 101 anchors, chosen by REQUESTS_CA_BUNDLE
system: /etc/ssl/certs/ca-certificates.crt, 101 anchors, chosen by OpenSSL's default paths
  defect: `/broken/missing` is bad
  note: a note

Settings that name a bundle, the strongest first:
  REQUESTS_CA_BUNDLE=/opt/a.pem: 3 anchors, this one is probed
  CURL_CA_BUNDLE=/opt/b.pem: 3 anchors, the same anchors
  PIP_CERT=/opt/c.pem: 3 anchors, other anchors than the probed one
  SSL_CERT_FILE=/broken/missing: not readable, other anchors than the probed one
"""
    )


def test_the_text_of_a_bare_machine() -> None:
    """No bundle, no certifi, and a remark instead of a defect."""
    whole = inventory()
    odd = replace(whole.stores[2], defects=(replace(whole.stores[2].defects[0], fatal=False),))
    bare = Inventory(whole.surroundings, (facts().recording.stores[1], odd), None, ())
    assert (
        as_text(bare, Page(width=100))
        == """\
bundle: not configured
system: /etc/ssl/certs/ca-certificates.crt, 101 anchors, chosen by OpenSSL's default paths
  remark: `/broken/missing` is bad
  note: a note
"""
    )


def test_a_release_of_unknown_age_has_none() -> None:
    """No invented date."""
    whole = replace(inventory(), certifi=replace(FACTS, released=None, added_names=()))
    assert "  release 2026.10.18; its file is NOT" in as_text(whole, Page(width=100))


def test_the_json_for_programs() -> None:
    """The same facts; that it fits the schema is held for every story in test_hostile."""
    document = json.loads(as_json(inventory()))
    assert document["schema"] == "diagnose/stores/1"
    assert document["certifi"] == {
        "version": "2026.10.18",
        "released": "2026-10-18",
        "where": "/venv/certifi/cacert.pem",
        "integrity": "modified",
        "added": ["ab" * 32],
    }
    assert document["bundle_settings"][3] == {
        "source": "SSL_CERT_FILE",
        "path": "/broken/missing",
        "anchors": None,
        "probed": False,
        "defects": [
            {"path": "/broken/missing", "kind": "missing", "detail": "is bad", "fatal": True,
             "block": None, "line": None}
        ],
    }  # fmt: skip
    assert document["stores"]["system"]["notes"] == ["a note"]
    bare = replace(inventory(), certifi=None, bundle_settings=())
    assert json.loads(as_json(bare))["certifi"] is None
