"""What OpenSSL makes of a chain: the two that are here, pyOpenSSL's and this interpreter's.

Nothing of ours is asked; the tests compare.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from OpenSSL import crypto

from diagnose.demo.pki import Credential, pem


def verify(
    sent: Sequence[bytes], anchors: Sequence[bytes], instant: datetime
) -> tuple[int, int, tuple[bytes, ...]]:
    """Code and depth of the first error, 0 and 0 for none; the path (DER) where it verified."""
    store = crypto.X509Store()
    for anchor in anchors:
        store.add_cert(load(anchor))
    store.set_time(instant.replace(tzinfo=None))
    context = crypto.X509StoreContext(store, load(sent[0]), [load(each) for each in sent[1:]])
    try:
        path = context.get_verified_chain()
    except crypto.X509StoreContextError as error:
        code, depth, *_ = error.errors
        return int(code), int(depth), ()
    return 0, 0, tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, each) for each in path)


def load(der: bytes) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der)


def handshake(
    server: Credential, anchors: Sequence[bytes], folder: Path, host: str | None = None
) -> int:
    """The verify code of Python's own `ssl`, at this moment; with a host the name is compared."""
    file = folder / "server.pem"
    file.write_text(server.chain_pem + server.key_pem)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = host is not None
    client.load_verify_locations(cadata="".join(map(pem, anchors)))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=host),
        serving.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_code
    assert ends[0].version() == "TLSv1.3", "the handshake did not end"
    return 0
