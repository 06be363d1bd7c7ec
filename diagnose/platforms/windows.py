"""Windows: the certificate stores ROOT and CA, and the codes of its chain policy."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from diagnose.model.attempt import Trouble
from diagnose.model.text import count, printable
from diagnose.platforms import NativeStore

#: What `ssl.enum_certificates` gives: encoding is "x509_asn" or "pkcs_7_asn"; trust is True (for
#: every purpose) or the set of object identifiers it is trusted for.
Entry: TypeAlias = tuple[bytes, str, "bool | frozenset[str] | set[str]"]

Enumerate: TypeAlias = Callable[[str], Iterable[Entry]]

_SERVER_AUTH = "1.3.6.1.5.5.7.3.1"

#: HRESULTs of CertVerifyCertificateChainPolicy (winerror.h); the words beside them are localised.
TROUBLES: Mapping[int, Trouble] = {
    0x800B0101: Trouble.EXPIRED,  # CERT_E_EXPIRED says the same of one that is not yet valid
    0x800B0103: Trouble.NOT_A_CA,
    0x800B0104: Trouble.PATH_LENGTH,
    0x800B0105: Trouble.CRITICAL_EXTENSION,
    0x800B0106: Trouble.PURPOSE,
    0x800B0109: Trouble.ROOT_UNTRUSTED,
    0x800B010A: Trouble.ISSUER_UNKNOWN,
    0x800B010C: Trouble.REVOKED,
    0x800B010D: Trouble.ROOT_UNTRUSTED,
    0x800B010F: Trouble.NAME_MISMATCH,
    0x800B0110: Trouble.PURPOSE,
    0x800B0111: Trouble.UNTRUSTED,
    0x800B0114: Trouble.NAME_CONSTRAINTS,
    0x80092010: Trouble.REVOKED,
    0x80096004: Trouble.BAD_SIGNATURE,
    0x80096019: Trouble.NOT_A_CA,
}


def system_store(
    environment: Mapping[str, str],
    enumerate_store: Enumerate | None = None,
) -> NativeStore:
    """The anchors of ROOT that Windows trusts for servers; the intermediates of CA are counted.

    Windows completes chains with what CA holds, but trusts none of it by itself.
    Windows downloads public roots on demand, so the listing is never complete. `environment` has
    no say here. Raises nothing: a store that cannot be opened is a note.
    """
    if enumerate_store is None:
        listed: Enumerate = getattr(ssl, "enum_certificates", _nothing)
        enumerate_store = listed
    anchors: list[bytes] = []
    notes = ["Windows downloads public roots when they are first needed; not all are listed"]
    for name in ("ROOT", "CA"):
        try:
            entries = list(enumerate_store(name))
        except OSError as error:
            notes.append(f"the store {name} could not be opened: {printable(str(error), 120)}")
            continue
        if name == "CA":
            held = count(len(entries), "intermediate certificate")
            notes.append(f"the store CA holds {held} to complete chains with")
            continue
        anchors += [der for der, encoding, trust in entries if _counts(encoding, trust)]
    return NativeStore(
        places=("Windows certificate store ROOT",),
        chosen_by="Windows",
        anchors=tuple(dict.fromkeys(anchors)),
        complete=False,
        notes=tuple(notes),
    )


def proxy_settings() -> Mapping[str, str]:
    """The proxies of the Internet settings, which Python uses when no variable is set."""
    from urllib.request import getproxies

    return getproxies()


def _counts(encoding: str, trust: object) -> bool:
    """Whether an entry of ROOT is trusted for servers."""
    if encoding != "x509_asn":
        return False
    return trust is True or (isinstance(trust, set | frozenset) and _SERVER_AUTH in trust)


def _nothing(name: str) -> Iterable[Entry]:
    return ()
