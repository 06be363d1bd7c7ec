"""At which depth a verification failed: Python's ssl does not tell, so OpenSSL is asked again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from diagnose.model.attempt import Failure, Profile, Stage, Trouble


def with_depth(
    failure: Failure,
    profile: Profile,
    chain: Sequence[bytes],
    anchors: Sequence[bytes],
    instant: datetime,
) -> Failure:
    """The failure with its depth, where a second verification gives the same code.

    pyOpenSSL's X509StoreContext verifies the chain (DER) offline against the anchors (DER) that
    the path can touch. Its OpenSSL is the wheel's and checks no purpose, key strength or name, so
    only an equal code counts. A name mismatch is always about depth 0 (`check_id` in
    crypto/x509/x509_vfy.c).
    """
    from dataclasses import replace

    if failure.stage is not Stage.VERIFY or failure.code is None or not chain:
        return failure
    if failure.trouble is Trouble.NAME_MISMATCH:
        return replace(failure, depth=0)
    found = _verify(profile, chain, anchors, instant)
    if found is None or found[0] != failure.code:
        return failure
    return replace(failure, depth=found[1])


def _verify(
    profile: Profile, chain: Sequence[bytes], anchors: Sequence[bytes], instant: datetime
) -> tuple[int, int] | None:
    """Code and depth of the first error; None where it verifies or nothing can be loaded."""
    from OpenSSL import crypto

    try:
        store = crypto.X509Store()
        for der in anchors:
            store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, der))
        if profile is Profile.STRICT:
            store.set_flags(crypto.X509StoreFlags.X509_STRICT | crypto.X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(instant.replace(tzinfo=None))
        leaf, *others = [crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in chain]
        crypto.X509StoreContext(store, leaf, others).verify_certificate()
    except crypto.X509StoreContextError as error:
        code, depth, *_ = error.errors
        return int(code), int(depth)
    except (crypto.Error, ValueError):
        return None
    return None
