"""Connections that ended before a certificate was judged: how many, where, and at whose end."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from diagnose.causes._shared import through_proxy, tick
from diagnose.model.attempt import Failure, Profile, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.nouns import dataclass
from diagnose.model.target import ThroughProxy

#: The stages at which the server itself, not the way to it, is spoken to.
HANDSHAKE = frozenset({Stage.HANDSHAKE})
PROXY = frozenset({Stage.PROXY})
EVERY = frozenset(Stage)


@dataclass(frozen=True, slots=True)
class Stop:
    """Connections of one target that ended with the same trouble.

    `failure` is the first of them, the capture's before the stores'. `count` of `connections`
    ended so. `remark`: no store lacks its verdict because of it.
    """

    failure: Failure
    count: int
    connections: int
    remark: bool

    @property
    def evidence(self) -> tuple[str, ...]:
        """The native words, and how many connections met them, unless all did."""
        words = f"the answer: {tick(self.failure.words)}"
        if self.count == self.connections:
            return (words,)
        return (words, f"{self.count} of {self.connections} connections ended so")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who did not answer as hoped: the server, or the proxy in front of it.

    `words` name it as a sentence does; `local` says that it is this very machine.
    """

    words: str
    host: str
    port: int
    proxy: ThroughProxy | None
    local: bool


def stop(case: Case, stages: Collection[Stage], *troubles: Trouble) -> Stop | None:
    """The connections that ended at one of the stages with one of the troubles.

    The strict attempts are left out: no verdict hangs on them. A store whose file could not be
    loaded made no connection.
    """
    attempts = [each for each in case.observation.attempts if each.profile is Profile.DEFAULT]
    made = [
        each.failure
        for each in attempts
        if each.failure is None or each.failure.stage is not Stage.STORE
    ]
    ended = [_ended(each, stages, troubles) for each in (case.observation.capture.failure, *made)]
    hits = [each for each in ended if each is not None]
    if not hits:
        return None
    return Stop(hits[0], len(hits), len(ended), remark=not any(ended[1:]))


def _ended(
    failure: Failure | None, stages: Collection[Stage], troubles: Collection[Trouble]
) -> Failure | None:
    if failure is None or failure.stage not in stages or failure.trouble not in troubles:
        return None
    return failure


def peer(case: Case, failure: Failure) -> Peer:
    """Whose failure it is: what fails at the stage `proxy` is the proxy's."""
    proxy = through_proxy(case)
    if failure.stage is Stage.PROXY and proxy is not None:
        words = f"the proxy {tick(proxy.url)} ({proxy.chosen_by})"
        return Peer(words, proxy.host, proxy.port, proxy, _is_local(proxy.host))
    target = case.target
    words = tick(target.host)
    if target.shown != target.host:
        words = f"{tick(target.shown)} ({target.host})"
    return Peer(words, target.host, target.port, None, _is_local(target.host))


def way(case: Case) -> tuple[str, ...]:
    """A sentence part about the proxy that stands in between; none where the way is direct."""
    proxy = through_proxy(case)
    if proxy is None:
        return ()
    return (f"the way leads through the proxy {tick(proxy.url)} ({proxy.chosen_by})",)


def foreign_words(case: Case) -> bytes:
    """What the server said first where it is not TLS; b"" where it is, or nothing was said.

    TLS records begin with a content type of 20 to 23 and the major version 3 (RFC 8446
    section 5.1), SSL 3.0 included.
    """
    said = case.observation.capture.first_bytes
    if not said or case.observation.capture.failure is None:
        return b""
    is_tls = 20 <= said[0] <= 23 and said[1:2] in (b"\x03", b"")
    return b"" if is_tls else said


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
