"""Every root that a certifi release had since 2015: former public roots, newer ones, strangers.

Facts in `public_roots.json` (made by `tools/certifi_history.py`): names and digests, no
certificates. They cannot say why a root left: expired, retired by its owner, or distrusted. certifi
follows Mozilla's list and is days to weeks behind it; a root that Mozilla distrusts for new
certificates only stays whole in certifi. A root that is unknown here is a private one, or one that
only Microsoft, Apple or Java ship.

Some early and same-day releases were not looked at: `first` 2015.4.28 means "then or earlier", and
a bound may be off by one of those.
"""

from __future__ import annotations

import json
import pkgutil
import re
from base64 import urlsafe_b64decode
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from diagnose.model.nouns import dataclass
from diagnose.model.words import Word


@dataclass(frozen=True, slots=True)
class PublicRoot:
    """A root certificate that certifi has or had. Digests are lower-case hex.

    `subject_der_sha256` is over the DER of the name, `spki_sha256` over the SubjectPublicKeyInfo.
    `key_ids` are the subjectKeyIdentifier, where it has one, and the SHA-1 of the key (RFC 5280
    section 4.2.1.2 method 1), where it differs: what an authorityKeyIdentifier may say.
    `first` and `last` are certifi versions; `absent_from` is the first release without it, None
    while it is still there. `gaps` are releases in between that lacked it.
    """

    sha256: str
    label: str
    subject_der_sha256: str
    spki_sha256: str
    key_ids: tuple[str, ...]
    not_after: datetime
    first: str
    last: str
    absent_from: str | None
    gaps: tuple[str, ...] = ()


class Standing(Word):
    """What certifi says of an issuer."""

    CURRENT = "current"
    FORMER = "former"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class IssuerStanding:
    """An issuer among the public roots.

    `roots` are the certificates with its name and key. `dropped_in` is the release that no longer
    had any of them, for a former root. `namesakes` have the name but another key: with `NEVER`
    they mean that somebody uses a public root's name, or that its key identifier is unusual.
    """

    standing: Standing
    roots: tuple[PublicRoot, ...] = ()
    dropped_in: str | None = None
    namesakes: tuple[PublicRoot, ...] = ()


@dataclass(frozen=True, slots=True)
class _History:
    releases: tuple[str, ...]
    by_sha256: dict[str, PublicRoot]
    by_name: dict[str, tuple[PublicRoot, ...]]
    by_authority: dict[tuple[str, str], tuple[PublicRoot, ...]]


def newest_release() -> str:
    """The newest certifi release that was looked at."""
    return _history().releases[-1]


def by_fingerprint(sha256: str) -> PublicRoot | None:
    """The root with this SHA-256 over its DER; None where certifi never had it."""
    return _history().by_sha256.get(sha256.lower())


def by_name_and_key(subject_der_sha256: str, key_id: str | None) -> tuple[PublicRoot, ...]:
    """The roots with this name and, unless it is None, this key identifier (hex)."""
    named = _history().by_name.get(subject_der_sha256.lower(), ())
    if key_id is None:
        return named
    return tuple(root for root in named if key_id.lower() in root.key_ids)


def classify(subject_der_sha256: str, key_id: str | None) -> IssuerStanding:
    """Say whether an issuer is, was or never was a public root.

    `key_id` is what the certificate below says in its authorityKeyIdentifier; without one the name
    decides. A root that was issued again under the same key has not left: GTS Root R1 of 2016 was
    replaced in 2022.5.18.1, and chains to it verify as before.
    """
    roots = by_name_and_key(subject_der_sha256, key_id)
    if not roots:
        namesakes = by_name_and_key(subject_der_sha256, None)
        return IssuerStanding(Standing.NEVER, namesakes=namesakes)
    same_authorities = [root for each in roots for root in _authority(each)]
    left = [root.absent_from for root in same_authorities if root.absent_from is not None]
    if len(left) < len(same_authorities):
        return IssuerStanding(Standing.CURRENT, roots)
    return IssuerStanding(Standing.FORMER, roots, dropped_in=max(left, key=version_key))


def newer_than(version: str, sha256: str) -> bool:
    """Whether this root's authority (name and key) first appeared in a release after `version`.

    False for a root that was never public and for a version that cannot be read.
    """
    root = by_fingerprint(sha256)
    key = version_key(version)
    if root is None or not key:
        return False
    return all(key < version_key(same.first) for same in _authority(root))


def in_release(version: str, sha256: str) -> bool:
    """Whether certifi `version` trusts this root's authority: one of its certificates is there.

    A release that was not looked at counts as the one before it that was.
    """
    root = by_fingerprint(sha256)
    key = version_key(version)
    earlier = [release for release in _history().releases if version_key(release) <= key]
    if root is None or not earlier:
        return False
    return any(_is_there(same, earlier[-1]) for same in _authority(root))


def version_key(version: str) -> tuple[int, ...]:
    """Numbers to compare certifi versions by: 2022.5.18.1 is after 2022.5.18; () if unreadable."""
    found = re.match(r"\d+(?:\.\d+)*", version.strip(), re.ASCII)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _is_there(root: PublicRoot, release: str) -> bool:
    key = version_key(release)
    return version_key(root.first) <= key <= version_key(root.last) and release not in root.gaps


def _authority(root: PublicRoot) -> tuple[PublicRoot, ...]:
    """All roots with the same name and key; at least `root` itself."""
    return _history().by_authority[root.subject_der_sha256, root.spki_sha256]


@lru_cache(maxsize=1)
def _history() -> _History:
    data = pkgutil.get_data("diagnose.chain", "public_roots.json")
    if data is None:
        raise FileNotFoundError("diagnose/chain/public_roots.json is not in this installation")
    document = json.loads(data)
    releases = tuple(document["releases"])
    after = dict(pairwise(releases))
    roots = [_root(row, releases[-1], after) for row in document["roots"]]
    by_name: dict[str, tuple[PublicRoot, ...]] = {}
    by_authority: dict[tuple[str, str], tuple[PublicRoot, ...]] = {}
    for root in roots:
        name, authority = root.subject_der_sha256, (root.subject_der_sha256, root.spki_sha256)
        by_name[name] = (*by_name.get(name, ()), root)
        by_authority[authority] = (*by_authority.get(authority, ()), root)
    return _History(releases, {root.sha256: root for root in roots}, by_name, by_authority)


def _root(row: list[str | list[str] | None], newest: str, after: dict[str, str]) -> PublicRoot:
    """One row of the file; `tools/certifi_history.py` says what its columns are."""
    sha256, subject, spki, key_ids, not_after, first, last, label, *gaps = row
    return PublicRoot(
        sha256=str(sha256),
        label=str(label),
        subject_der_sha256=_hex(str(subject)),
        spki_sha256=_hex(str(spki)),
        key_ids=tuple(str(key_ids).split()),
        not_after=datetime.fromisoformat(f"{not_after}+00:00"),
        first=str(first),
        last=newest if last is None else str(last),
        absent_from=None if last is None else after[str(last)],
        gaps=tuple(str(gap) for gap in gaps),
    )


def _hex(base64url: str) -> str:
    return urlsafe_b64decode(base64url + "=").hex()
