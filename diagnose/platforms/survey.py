"""The surroundings of this process, read once: the only reader of clock and environment."""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Mapping
from datetime import datetime, timezone

from diagnose.model.surroundings import (
    FEATURE_VARIABLES,
    PROXY_VARIABLES,
    TRUST_VARIABLES,
    Surroundings,
)
from diagnose.model.text import printable
from diagnose.platforms import here

#: Packages whose version can change the answer.
PACKAGES = ("certifi", "truststore", "cryptography", "pyopenssl", "pip", "requests", "urllib3")

#: Up to the last `@`: a password may hold anything, and masking too much is the safe mistake.
_CREDENTIALS = re.compile(r"^([a-z][a-z0-9+.-]*://)?.*(?:@|%40)", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"\?.*", re.DOTALL)
_VALUE_LIMIT = 4096


def survey(environment: Mapping[str, str] | None = None) -> Surroundings:
    """Read clock, platform, versions and the variables that matter; credentials are masked."""
    environment = os.environ if environment is None else environment
    paths = [
        (name, mask_url(environment[name]))
        for name in (*TRUST_VARIABLES, *FEATURE_VARIABLES)
        if name in environment
    ]
    proxies = [(name, mask(environment[name])) for name in PROXY_VARIABLES if name in environment]
    return Surroundings(
        instant=datetime.now(timezone.utc).replace(microsecond=0),
        platform=here(),
        system=_system(),
        python=sys.version.partition(" ")[0],
        openssl=ssl.OPENSSL_VERSION,
        environment=tuple(
            (name, printable(value, _VALUE_LIMIT)) for name, value in paths + proxies
        ),
        versions=tuple(installed_versions()),
    )


def _system() -> str:
    """Name, release and machine: `Linux 6.1.0 x86_64`."""
    if hasattr(os, "uname"):
        found = os.uname()
        return f"{found.sysname} {found.release} {found.machine}"
    import platform

    return f"{platform.system()} {platform.release()} {platform.machine()}"


def mask(url: str) -> str:
    """A URL, with or without a scheme, that shows `***` in place of user name and password."""
    return _QUERY.sub("?***", _CREDENTIALS.sub(r"\1***@", url, count=1), count=1)


def mask_url(value: str) -> str:
    """The same for a value that should be a path: only where it is a URL by mistake."""
    return mask(value) if "://" in value else value


def installed_versions() -> list[tuple[str, str]]:
    """Versions by the names of the `*.dist-info` folders on `sys.path`, the first found.

    Distributions of Linux still have `*.egg-info` (Debian 12: `certifi-2022.9.24.egg-info`).

    `importlib.metadata` gives the same and costs 40 ms to import.
    """
    wanted = re.compile(
        rf"^({'|'.join(PACKAGES)})-([^-]+?)(?:-py[\d.]+)?\.(?:dist|egg)-info$", re.IGNORECASE
    )
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for match in filter(None, map(wanted.match, names)):
            found.setdefault(match[1].lower(), match[2])
    return sorted(found.items())
