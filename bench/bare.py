"""What a script would do without this project: the same connections, one after another, no report.

    bare.py HOST PORT BUNDLE

It makes the connections that `diagnose check HOST:PORT --bundle BUNDLE` makes when only the bundle
verifies: certifi, bundle, truststore, one that verifies nothing, and the bundle again, strictly.
"""

from __future__ import annotations

import socket
import ssl
import sys

import certifi
import cryptography.x509  # noqa: F401 - its import is part of what is compared
import truststore
from OpenSSL import SSL


def verify(context: ssl.SSLContext, host: str, port: int) -> None:
    try:
        with (
            socket.create_connection((host, port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            pass
    except ssl.SSLError:
        pass


def with_file(path: str, *, strict: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=path)
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def capture(host: str, port: int) -> None:
    with socket.create_connection((host, port), timeout=10) as plain:
        plain.settimeout(None)
        connection = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), plain)
        connection.set_tlsext_host_name(host.encode("ascii"))
        connection.set_connect_state()
        connection.do_handshake()
        connection.get_peer_cert_chain()


def main(host: str, port: int, bundle: str) -> None:
    verify(with_file(certifi.where()), host, port)
    verify(with_file(bundle), host, port)
    verify(truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), host, port)
    capture(host, port)
    verify(with_file(bundle, strict=True), host, port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
