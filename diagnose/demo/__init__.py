"""A rehearsal on loopback: certificates, servers and proxies, each sound or faulty by order.

What lives here builds scenes: `pki` (certificates that are right unless the caller states a
defect), `servers` (TLS servers and ports that are not TLS), `proxy` (HTTP CONNECT proxies, also
inspecting ones), on top of `form` and `der` (fields and their encoding) and `loopback` (sockets
and threads). What does not: any diagnosis, and any rule about what a fault means.

Nothing but the `demo` command and the tests imports this room, so its modules may import heavy
ones at their top. Its keys follow from public labels: they protect nothing, and no certificate
from here belongs in a trust store (`pki.Authority.root` takes a secret seed for whoever shows
one to a person).
"""
