"""One connection verified by one store: the library's own word, translated and kept."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from diagnose.chain.reading import fingerprint
from diagnose.model.attempt import Attempt, Failure, Profile, Stage, Trouble
from diagnose.probe import translate
from diagnose.probe.channel import Channel, Session
from diagnose.probe.dial import Line, ProxyHandshake, Unreached, connect
from diagnose.stores.contexts import StoreContext
from diagnose.stores.opened import OpenStore


def attempt(
    store: OpenStore,
    line: Line,
    native: Mapping[int, Trouble],
    profile: Profile = Profile.DEFAULT,
) -> Attempt:
    """Connect and let the store verify. `native` are the platform's verify codes."""
    name = store.facts.name
    if store.context is None:
        return Attempt(name, profile, "none", store.failure)
    engine = store.context.engine
    try:
        store.context.prepare()
    except OSError as error:
        return Attempt(name, profile, engine, translate.from_loading(error))
    try:
        channel, address = connect(line, proxy_handshake(store.context))
    except Unreached as unreached:
        return Attempt(name, profile, engine, unreached.failure)
    codes = native if engine == "truststore" else {}
    failure: Failure | None = None
    leaf: bytes | None = None
    channel.renew(line.seconds)
    try:
        session = Session(store.context.connection(line.target.server_name, profile))
    except OSError as error:  # truststore loads its store only now
        channel.close()
        return Attempt(name, profile, engine, translate.from_loading(error))
    try:
        session.handshake(channel)
        leaf = session.tls.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        failure = translate.from_verification(error, codes, strict=profile is Profile.STRICT)
    except ssl.SSLError as error:
        failure = translate.from_tls(error)
    except OSError as error:
        failure = translate.from_network(error, Stage.HANDSHAKE)
    finally:
        channel.close()
    return Attempt(name, profile, engine, failure, address, fingerprint(leaf) if leaf else None)


def proxy_handshake(context: StoreContext) -> ProxyHandshake:
    """Shaking hands with an `https://` proxy, whose certificate the same store judges.

    Raises Unreached: what fails here is the proxy's, not the server's.
    """

    def shake(channel: Channel, host: str) -> Session:
        session = Session(context.connection(host))
        try:
            session.handshake(channel)
        except ssl.SSLCertVerificationError as error:
            failure = translate.from_verification(error, {})
            raise Unreached(
                Failure(Stage.PROXY, Trouble.PROXY_CERTIFICATE, failure.words, failure.code)
            ) from None
        except ssl.SSLError as error:
            failure = translate.from_tls(error, Stage.PROXY)
            plain = failure.trouble is Trouble.NOT_TLS or session.first_bytes.startswith(b"HTTP/")
            trouble = Trouble.PROXY_SCHEME if plain else failure.trouble
            raise Unreached(Failure(Stage.PROXY, trouble, failure.words)) from None
        return session

    return shake
