"""One file per operating system, the same small contract in each.

Every module offers `system_store() -> NativeStore`, `TROUBLES` (native verify codes in our words)
and `proxy_settings()`. No other room asks which operating system this is.
"""

from __future__ import annotations

import sys
from types import ModuleType

from diagnose.model.nouns import dataclass
from diagnose.model.surroundings import Platform


@dataclass(frozen=True, slots=True)
class NativeStore:
    """Where the operating system's anchors are, as truststore uses them.

    On Linux `files` and `directories` (OpenSSL hashed) are to be read; elsewhere `anchors` are the
    DER that the system lists. `complete` is False where the system may trust more than it lists.
    `blocking` names a pipe or a device that OpenSSL would open, and might wait for without end.
    `default_paths` says that a plain OpenSSL context loads the same by `set_default_verify_paths`.
    """

    places: tuple[str, ...]
    chosen_by: str
    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    anchors: tuple[bytes, ...] = ()
    complete: bool = True
    default_paths: bool = False
    blocking: str = ""
    notes: tuple[str, ...] = ()


def here() -> Platform:
    """The platform of this process; every Unix that is not macOS counts as Linux.

    truststore makes the same choice (truststore 0.10 `_api.py`).
    """
    if sys.platform == "win32":
        return Platform.WINDOWS
    return Platform.MACOS if sys.platform == "darwin" else Platform.LINUX


def native(platform: Platform) -> ModuleType:
    """The module of this room for a platform."""
    from importlib import import_module

    return import_module(f"diagnose.platforms.{platform.value}")
