"""Anchors by subject: which of hundreds a chain could need, without reading them all."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from diagnose.chain.der import Malformed
from diagnose.chain.names import read_name
from diagnose.chain.reading import readable, subject_of
from diagnose.model.certificate import Certificate, Name
from diagnose.model.store import StoreName

#: No honest chain touches more anchors; a store of a million equal names must not stall a report.
SELECTION_LIMIT = 200

_WORD = re.compile(rb"[a-z0-9]{2,}")

#: An attribute (2.5.4.x) in a BMPString or UniversalString: zero bytes part its letters.
_WIDE = re.compile(rb"\x55\x04.[\x1c\x1e]", re.DOTALL)


class AnchorIndex:
    """The anchors of one store (DER), found by name.

    Names are compared as OpenSSL does, in canonical form. Making that form costs 0.1 ms a name,
    so it is made only for names that contain the longest word of the one that is sought.
    """

    def __init__(self, anchors: Iterable[bytes]) -> None:
        self._by_subject: dict[bytes, list[bytes]] = {}
        for der in anchors:
            try:
                self._by_subject.setdefault(subject_of(der), []).append(der)
            except Malformed:
                continue  # OpenSSL could not have loaded it either
        # None stands for a name that cannot be searched as it is.
        self._folded = [
            (None if _WIDE.search(subject) else subject.lower(), subject)
            for subject in self._by_subject
        ]

    def named(self, name: Name) -> tuple[Certificate, ...]:
        """The anchors with this subject, at most SELECTION_LIMIT."""
        # Behind the last word of a part stands the tag of the next part's set, 0x31: a "1".
        words = [word.removesuffix(b"1") for word in _WORD.findall(name.canonical)]
        word = max(words, key=len, default=b"")
        found: list[Certificate] = []
        for folded, subject in self._folded:
            if folded is not None and word not in folded:
                continue
            if read_name(subject).canonical != name.canonical:
                continue
            for der in self._by_subject[subject]:
                anchor = readable(der)
                if anchor is not None:
                    found.append(anchor)
                if len(found) >= SELECTION_LIMIT:
                    return tuple(found)
        return tuple(found)


def select(
    seen: Sequence[Certificate], indexes: Mapping[StoreName, AnchorIndex]
) -> dict[StoreName, tuple[Certificate, ...]]:
    """The anchors of each store that a walk from `seen` can touch.

    These are the anchors named as an issuer, those that share the name of a certificate seen
    (the same root in the store, or its namesake with another key), and their issuers in turn.
    """
    chosen: dict[StoreName, dict[str, Certificate]] = {store: {} for store in indexes}
    asked: set[bytes] = set()
    waiting = deque(name for each in seen for name in (each.issuer, each.subject))
    while waiting and sum(map(len, chosen.values())) < SELECTION_LIMIT:
        name = waiting.popleft()
        if name.canonical in asked:
            continue
        asked.add(name.canonical)
        for store, index in indexes.items():
            for anchor in index.named(name):
                chosen[store][anchor.sha256] = anchor
                waiting.append(anchor.issuer)
    return {store: tuple(found.values()) for store, found in chosen.items()}
