"""The connection that verifies nothing and keeps what was sent: the chain, and how it came."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from diagnose.chain.reading import fingerprint
from diagnose.model.attempt import Capture, Failure, Stage, Trouble
from diagnose.model.nouns import dataclass
from diagnose.model.text import printable
from diagnose.probe import translate
from diagnose.probe.channel import Channel
from diagnose.probe.dial import Line, ProxyHandshake, Unreached, connect

if TYPE_CHECKING:
    from OpenSSL import SSL

#: OpenSSL itself refuses a certificate message of more than 100 KiB (SSL_CTX_set_max_cert_list);
#: the smallest certificates are about 300 bytes.
CHAIN_LIMIT = 100

#: What a peer says that does not speak TLS: a status line or a greeting fits.
FIRST_BYTES = 256


@dataclass(frozen=True, slots=True)
class Captured:
    """The facts, and the certificates (DER) that they name."""

    capture: Capture
    certificates: tuple[bytes, ...] = ()


def capture(line: Line, shake_hands: ProxyHandshake) -> Captured:
    """Connect without verifying.

    `shake_hands` verifies the leg to an `https://` proxy all the same, so that credentials never
    go to a proxy that no store vouches for.
    """
    try:
        channel, address = connect(line, shake_hands)
    except Unreached as unreached:
        return Captured(Capture(failure=unreached.failure))
    recorder = _Recorder(channel)
    try:
        channel.renew(line.seconds)
        return _shake_hands(recorder, line, address)
    finally:
        channel.close()


class _Recorder:
    """The channel, and the first bytes that came from it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.send = channel.send
        self.first_bytes = b""

    def receive(self) -> bytes:
        data = self._channel.receive(16_384)
        if len(self.first_bytes) < FIRST_BYTES:
            self.first_bytes += data[: FIRST_BYTES - len(self.first_bytes)]
        return data


def _shake_hands(recorder: _Recorder, line: Line, address: str) -> Captured:
    from OpenSSL import SSL

    staple: list[bytes] = []
    connection = _connection(line, staple)
    failure = None
    try:
        _pump(connection, recorder)
    except SSL.Error as error:
        failure = _from_openssl(error)
    except ssl.SSLError as error:  # of the leg to an `https://` proxy
        failure = translate.from_tls(error)
    except OSError as error:
        failure = translate.from_network(error, Stage.HANDSHAKE)
    certificates = _peer_chain(connection)
    done = failure is None
    facts = Capture(
        chain=tuple(map(fingerprint, certificates)),
        failure=failure,
        address=address,
        protocol=connection.get_protocol_version_name() if done else None,
        cipher=connection.get_cipher_name() if done else None,
        alpn=printable(connection.get_alpn_proto_negotiated().decode("latin-1")) or None,
        stapled=any(staple),
        first_bytes=b"" if done or _is_tls(recorder.first_bytes) else recorder.first_bytes,
    )
    return Captured(facts, certificates)


def _is_tls(data: bytes) -> bool:
    """Whether a TLS record begins here (RFC 8446 section 5.1: type 20-23, major version 3)."""
    return len(data) > 1 and data[0] in range(20, 24) and data[1] == 3


def _connection(line: Line, staple: list[bytes]) -> SSL.Connection:
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
    context.set_alpn_protos([b"http/1.1"])

    def keep_staple(connection: SSL.Connection, response: bytes, data: Any) -> bool:
        staple.append(response)
        return True

    context.set_ocsp_client_callback(keep_staple)
    connection = SSL.Connection(context, None)
    connection.request_ocsp()
    if not line.target.is_address:  # RFC 6066 section 3: no address in SNI
        connection.set_tlsext_host_name(line.target.server_name.encode("ascii"))
    connection.set_connect_state()
    return connection


def _pump(connection: SSL.Connection, recorder: _Recorder) -> None:
    """Shake hands between memory and channel. Raises SSL.Error and OSError."""
    from OpenSSL import SSL

    ended = False
    while True:
        try:
            connection.do_handshake()
        except SSL.WantReadError:
            _flush(connection, recorder)
        else:
            _flush(connection, recorder)
            return
        if ended:
            raise SSL.SysCallError(-1, "unexpected EOF")
        data = recorder.receive()
        if data:
            connection.bio_write(data)
        else:
            connection.bio_shutdown()
            ended = True


def _flush(connection: SSL.Connection, recorder: _Recorder) -> None:
    from OpenSSL import SSL

    while True:
        try:
            recorder.send(connection.bio_read(65_536))
        except SSL.WantReadError:
            return


def _peer_chain(connection: SSL.Connection) -> tuple[bytes, ...]:
    from OpenSSL import crypto

    chain = connection.get_peer_cert_chain() or []
    return tuple(
        crypto.dump_certificate(crypto.FILETYPE_ASN1, each) for each in chain[:CHAIN_LIMIT]
    )


def _from_openssl(error: SSL.Error) -> Failure:
    """An error of pyOpenSSL: a list of (library, function, reason), or (-1, text), or none."""
    from OpenSSL import SSL

    if isinstance(error, SSL.ZeroReturnError):
        return Failure(Stage.HANDSHAKE, Trouble.CLOSED, "the peer closed the connection")
    details = error.args[0] if error.args else ()
    reasons = [str(each[-1]) for each in details] if isinstance(details, list) else []
    words = "; ".join(filter(None, reasons)) or str(error.args[-1] if error.args else error)
    return translate.from_reason(printable(words))
