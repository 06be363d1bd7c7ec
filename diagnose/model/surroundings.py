"""Everything around the connection that can change the answer: the only source of time."""

from __future__ import annotations

from datetime import datetime

from diagnose.model.nouns import dataclass
from diagnose.model.words import Word


class Platform(Word):
    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


#: The variables that can change which anchors a Python client trusts, or which way it goes.
#: Others are never read into an observation.
TRUST_VARIABLES = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
#: Switches that change which stores a program reads.
FEATURE_VARIABLES = ("PIP_USE_FEATURE",)
PROXY_VARIABLES = (
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "PIP_PROXY",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and when an observation was made.

    `instant` is aware and in UTC. `environment` holds only the variables above, proxy
    credentials already masked. `versions` are of the packages that matter, as imported.
    """

    instant: datetime
    platform: Platform
    system: str
    python: str
    openssl: str
    environment: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()

    def variable(self, name: str) -> str | None:
        """The value of a variable; None when it is unset, and also when it is empty.

        requests and pip treat an empty value as unset (requests 2.34 `merge_environment_settings`).
        """
        return dict(self.environment).get(name) or None

    def version(self, package: str) -> str | None:
        return dict(self.versions).get(package)

    @property
    def python_minor(self) -> tuple[int, int]:
        """(3, 13): verification itself differs between them."""
        major, minor, *_ = (*self.python.split("."), "0", "0")
        if not (f"{major}{minor}".isascii() and major.isdigit() and minor.isdigit()):
            return 0, 0
        return int(major[:3]), int(minor[:3])
