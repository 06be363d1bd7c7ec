"""TLS contexts as Python programs build them: one per store and process, for both profiles."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from diagnose.model.attempt import Profile

#: Puts a store's anchors into a context; raises OSError (ssl.SSLError is one) where it cannot.
Loader: TypeAlias = Callable[[ssl.SSLContext], None]

#: Equal for all stores, so that attempts measure stores and not flags. `ssl.SSLContext` has the
#: same by default; it is written out because Python 3.13 changed it elsewhere.
DEFAULT_FLAGS = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST

#: What `ssl.create_default_context()` adds since Python 3.13, and urllib3 since 2.4.
STRICT_FLAGS = (
    DEFAULT_FLAGS | ssl.VerifyFlags.VERIFY_X509_STRICT | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
)


def client_context() -> ssl.SSLContext:
    """An empty client context with the options that urllib3 2 sets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.verify_flags = DEFAULT_FLAGS
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connection(NamedTuple):
    """A connection that has not shaken hands, and the memory between it and a channel."""

    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    tls: ssl.SSLObject


class StoreContext:
    """One store's anchors, loaded once and used by every connection of both profiles.

    A connection copies the verification parameters of its context when it is made (OpenSSL
    `SSL_new`), so the strict profile needs no second context, which would cost 25 ms: the flags
    are set, the connection is made, the flags are put back, under a lock.
    """

    engine = "openssl"

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._error: OSError | None = None

    def start(self) -> None:
        """Begin to load in the background: OpenSSL needs 20 ms for 120 anchors, and no Python."""
        threading.Thread(target=self._try, daemon=True).start()

    def _try(self) -> None:
        with suppress(OSError):  # it is kept, and raised to whoever connects
            self.prepare()

    def prepare(self) -> None:
        """Load the anchors, the first time. Raises OSError where they cannot be loaded."""
        with self._lock:
            self._ready()

    def wrap(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_name: str,
        profile: Profile = Profile.DEFAULT,
    ) -> ssl.SSLObject:
        """A connection that has not shaken hands. Raises OSError as `prepare` does."""
        with self._lock:
            context = self._ready()
            if profile is Profile.DEFAULT:
                return context.wrap_bio(incoming, outgoing, server_hostname=server_name)
            context.verify_flags = STRICT_FLAGS
            context.hostname_checks_common_name = False
            try:
                return context.wrap_bio(incoming, outgoing, server_hostname=server_name)
            finally:
                context.verify_flags = DEFAULT_FLAGS
                context.hostname_checks_common_name = True

    def connection(self, server_name: str, profile: Profile = Profile.DEFAULT) -> Connection:
        """Like `wrap`, with memory of its own."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        return Connection(incoming, outgoing, self.wrap(incoming, outgoing, server_name, profile))

    def _ready(self) -> ssl.SSLContext:
        if self._error is not None:
            raise self._error
        if self._context is None:
            context = client_context()
            try:
                self._load(context)
            except OSError as error:
                self._error = error
                raise
            self._context = context
        return self._context


class SystemContext(StoreContext):
    """The operating system's store through truststore.

    On Linux truststore makes OpenSSL reload the whole store at every connection (25 ms, under a
    lock). Its own context serves the first connection of the process; the others use a context
    that was loaded once by the same calls, equal by construction. Elsewhere the platform verifies,
    so truststore's own context serves them all.
    """

    def __init__(self, load: Loader, *, native: bool) -> None:
        super().__init__(load)
        self.native = native
        self.engine = "truststore"
        self._first = True
        self._foreseen: dict[str, Connection | OSError] = {}
        self._foreseeing: threading.Thread | None = None

    def foresee(self, server_name: str) -> None:
        """Make the first connection already, in the background: truststore loads the store then."""

        def make() -> None:
            try:
                self._foreseen[server_name] = super(SystemContext, self).connection(server_name)
            except OSError as error:
                self._foreseen[server_name] = error

        self._foreseeing = threading.Thread(target=make, daemon=True)
        self._foreseeing.start()

    def connection(self, server_name: str, profile: Profile = Profile.DEFAULT) -> Connection:
        if profile is Profile.DEFAULT and self._foreseeing is not None:
            self._foreseeing.join()
            made = self._foreseen.pop(server_name, None)
            if isinstance(made, OSError):
                raise made
            if made is not None:
                return made
        return super().connection(server_name, profile)

    def prepare(self) -> None:
        """Nothing, as long as truststore itself is going to load the store."""
        if not self.native and not self._first:
            super().prepare()

    def wrap(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_name: str,
        profile: Profile = Profile.DEFAULT,
    ) -> ssl.SSLObject:
        with self._lock:
            own, self._first = self.native or self._first, False
        if not own or (profile is Profile.STRICT and not self.native):
            return super().wrap(incoming, outgoing, server_name, profile)
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_alpn_protocols(["http/1.1"])
        return context.wrap_bio(incoming, outgoing, server_hostname=server_name)
