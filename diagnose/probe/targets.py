"""From the words a user types to a Target: names, addresses, URLs, ports."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from diagnose.model.errors import DiagnoseError
from diagnose.model.target import Target
from diagnose.model.text import printable
from diagnose.platforms.survey import mask

#: RFC 1035 section 2.3.4: 253 characters in text form.
_NAME_LIMIT = 253

#: A host label in ASCII; the underscore is common in internal names although RFC 1123 lacks it.
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")

#: What is typed is longer than the name (scheme, path), but not by pages: `urlsplit` and IDNA
#: take their time over megabytes.
_TEXT_LIMIT = 4096

_EXAMPLE = "write HOST, HOST:PORT or https://HOST/"


def parse_target(text: str) -> Target:
    """A target from `example.com`, `example.com:8443`, `[::1]:8443`, `https://example.com/x`.

    Raises DiagnoseError that names what is wrong and shows the right form.
    """
    text = text.strip()
    shown = printable(mask(text), 120)
    if not _one_word(text):
        raise DiagnoseError(f"`{shown}` holds a blank or a control character; {_EXAMPLE}")
    host, port = _split(text, shown)
    if not host:
        raise DiagnoseError(f"`{shown}` has no host; {_EXAMPLE}")
    address = _address(host)
    if address is not None:
        # A zone (RFC 4007 section 11) says which interface leads there; no certificate names it.
        return Target(address, port, address.partition("%")[0], address, is_address=True)
    ascii_form, readable = _domain(host, shown)
    return Target(ascii_form, port, ascii_form, readable, is_address=False)


def parse_host(host: str, shown: str) -> str:
    """A host name in its ASCII form, or an address. Raises DiagnoseError that names `shown`."""
    return _address(host) or _domain(host, shown)[0]


def _one_word(text: str) -> bool:
    # `urlsplit` would silently drop tabs and line ends, and diagnose another host than was typed.
    return len(text) <= _TEXT_LIMIT and not any(
        character.isspace() or ord(character) < 0x21 or ord(character) == 0x7F for character in text
    )


def _split(text: str, shown: str) -> tuple[str, int]:
    """Host and port, from a URL or from `HOST:PORT`."""
    if "[" not in text and _address(text) is not None:
        return text, 443
    parts = _url(text if "://" in text else f"https://{text}", shown)
    if parts.scheme != "https":
        raise DiagnoseError(f"`{shown}` is no https address; {_EXAMPLE}")
    if "@" in parts.netloc:
        raise DiagnoseError(f"the user name in `{shown}` is not used; {_EXAMPLE}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0 or parts.netloc.endswith(":"):
        if parts.netloc.count(":") > 1 and "[" not in parts.netloc:
            raise DiagnoseError(f"`{shown}` is no address; write [ADDRESS]:PORT for IPv6")
        raise DiagnoseError(f"the port of `{shown}` is not a number from 1 to 65535")
    host = parts.hostname or ""
    if "[" in parts.netloc and (":" not in host or _address(host) is None):
        raise DiagnoseError(f"`{shown}` has no IPv6 address between its brackets")
    return host, port or 443


def _url(text: str, shown: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise DiagnoseError(f"`{shown}` is no host name or address; {_EXAMPLE}") from None


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _domain(host: str, shown: str) -> tuple[str, str]:
    """The ASCII form (A-labels) and the readable form (U-labels) of a host name."""
    host = host.lower()
    ascii_form = (host if host.isascii() else _to_ascii(host, shown)).removesuffix(".")
    labels = ascii_form.split(".")
    if len(ascii_form) > _NAME_LIMIT or not all(map(_LABEL.fullmatch, labels)):
        raise DiagnoseError(f"`{shown}` is no host name; {_EXAMPLE}")
    if labels[-1].isdigit():
        raise DiagnoseError(f"`{shown}` is neither a host name nor a whole IP address; {_EXAMPLE}")
    if not any(label.startswith("xn--") for label in labels):
        return ascii_form, ascii_form
    return ascii_form, _to_unicode(ascii_form)


def _to_ascii(host: str, shown: str) -> str:
    # IDNA 2008 with UTS 46 mapping, as requests and browsers do; late, for it is rarely needed.
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError as error:  # idna.IDNAError is one
        reason = printable(str(error), 120)
        raise DiagnoseError(f"`{shown}` cannot be written as a host name: {reason}") from None


def _to_unicode(ascii_form: str) -> str:
    import idna

    try:
        return printable(idna.decode(ascii_form))
    except UnicodeError:
        return ascii_form


def first_set(environment: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    """The first of these variables that is set and not empty, with its value."""
    for name in names:
        if value := environment.get(name):
            return name, value
    return None
