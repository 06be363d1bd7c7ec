"""A trust store: where its anchors live, what chose it, and what is wrong with its files."""

from __future__ import annotations

from datetime import date

from diagnose.model.nouns import dataclass
from diagnose.model.words import Word


class StoreName(Word):
    """The three ways. The order is that of every report."""

    CERTIFI = "certifi"
    BUNDLE = "bundle"
    SYSTEM = "system"


class DefectKind(Word):
    """What a bundle file or directory can suffer from."""

    MISSING = "missing"
    DIRECTORY = "directory"
    NOT_A_FILE = "not-a-file"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    EMPTY = "empty"
    DER = "der"
    PKCS7 = "pkcs7"
    PKCS12 = "pkcs12"
    UTF16 = "utf-16"
    UTF8_BOM = "utf-8-bom"
    HTML = "html"
    PRIVATE_KEY_ONLY = "private-key-only"
    PRIVATE_KEY_INSIDE = "private-key-inside"
    NO_CERTIFICATE = "no-certificate"
    CR_LINE_ENDS = "cr-line-ends"
    BROKEN_BLOCK = "broken-block"
    GLUED_BLOCKS = "glued-blocks"
    INDENTED = "indented"
    TRUSTED_CERTIFICATE = "trusted-certificate"
    NOT_A_CA = "not-a-ca"
    UNHASHED_DIRECTORY = "unhashed-directory"
    EMPTY_DIRECTORY = "empty-directory"


@dataclass(frozen=True, slots=True)
class FileDefect:
    """One defect of one file.

    `fatal`: OpenSSL's `load_verify_locations` refuses the file, or nothing of it is used.
    `block` counts PEM blocks from 1; `line` counts lines from 1. `detail` is a sentence part that
    can follow the file's name: "is in DER form, not PEM".
    """

    path: str
    kind: DefectKind
    detail: str
    fatal: bool
    block: int | None = None
    line: int | None = None


class Integrity(Word):
    """Whether certifi's file is what its release shipped (PEP 376 RECORD)."""

    SHIPPED = "shipped"
    MODIFIED = "modified"
    REDIRECTED = "redirected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertifiFacts:
    """What certifi is here.

    `where` is what `certifi.where()` answers. `added` are the SHA-256 fingerprints of anchors that
    were in no certifi release since 2015; `added_names` their subjects, for people.
    """

    version: str
    released: date | None
    where: str
    integrity: Integrity
    added: tuple[str, ...] = ()
    added_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BundleSetting:
    """One place that names a bundle: an option, a variable, or pip's configuration.

    `anchors` is None where the file could not be read; `digest` is the SHA-256 over the sorted
    fingerprints, so that two settings that agree in content have equal digests.
    """

    source: str
    path: str
    anchors: int | None
    digest: str | None
    defects: tuple[FileDefect, ...] = ()
    probed: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """One of the three ways, as found here.

    `places` are files, directories or native stores; empty with `chosen_by` set means that nothing
    was found there. `chosen_by` names an option, a variable, a configuration file or a default.
    `anchors` counts what could be listed; None where the platform cannot list.
    `kept` are the SHA-256 fingerprints of the anchors that the walk needs; `complete` says that
    `kept` was selected from a full listing, so that an anchor that is not kept is not there.
    """

    name: StoreName
    configured: bool
    places: tuple[str, ...] = ()
    chosen_by: str = ""
    anchors: int | None = None
    kept: tuple[str, ...] = ()
    complete: bool = True
    defects: tuple[FileDefect, ...] = ()
    notes: tuple[str, ...] = ()
