"""Linux and the BSDs: OpenSSL's default paths, as truststore reads them."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Mapping

from diagnose.model.attempt import Trouble
from diagnose.model.text import printable
from diagnose.platforms import NativeStore

#: The files that truststore tries, in this order, when OpenSSL's own paths hold nothing
#: (truststore 0.10.5 `_openssl.py`).
WELL_KNOWN_FILES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)

#: OpenSSL verifies here; its codes are translated in `probe.translate`.
TROUBLES: Mapping[int, Trouble] = {}

_HASHED_NAME = re.compile(r"^[0-9a-fA-F]{8}\.[0-9]$")


def system_store(
    environment: Mapping[str, str],
    paths: ssl.DefaultVerifyPaths | None = None,
    exists: Callable[[str], bool] = os.path.isfile,
) -> NativeStore:
    """Where truststore finds the system's anchors on Linux.

    `ssl.get_default_verify_paths()` has already let SSL_CERT_FILE and SSL_CERT_DIR replace the
    compiled-in paths, each on its own, and dropped what does not exist. `environment` only serves
    to name what chose them.
    """
    paths = paths or ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and _holds_hashed_names(paths.capath)):
        return _default_paths(paths, environment)
    chosen_by = "truststore's list of well-known files"
    notes = _stale(paths, environment)
    for path in WELL_KNOWN_FILES:
        if exists(path):
            return NativeStore((path,), chosen_by, files=(path,), notes=notes)
    return NativeStore((), chosen_by, notes=(*notes, "no file of trust anchors was found"))


def proxy_settings() -> Mapping[str, str]:
    """Proxies that are set outside the environment: Python reads none on Linux."""
    return {}


def _default_paths(paths: ssl.DefaultVerifyPaths, environment: Mapping[str, str]) -> NativeStore:
    """What OpenSSL's `X509_STORE_set_default_paths` loads: one file and hashed directories."""
    file_variable = environment.get(paths.openssl_cafile_env)
    directory_variable = environment.get(paths.openssl_capath_env)
    files = [paths.cafile] if paths.cafile else []
    listed = directory_variable.split(os.pathsep) if directory_variable else [paths.capath]
    directories = tuple(path for path in listed if path and os.path.isdir(path))
    if directory_variable and os.path.isfile(directory_variable):
        # OpenSSL 3 also takes the variable as the address of a store, and a file is one.
        files.append(directory_variable)
    chosen = [paths.openssl_cafile_env] if file_variable is not None else []
    chosen += [paths.openssl_capath_env] if directory_variable is not None else []
    if len(chosen) < 2:
        chosen.append("OpenSSL's default paths")
    return NativeStore(
        places=(*files, *directories),
        chosen_by=" and ".join(chosen),
        files=tuple(files),
        directories=directories,
        default_paths=True,
        blocking=_blocking(paths, environment),
        notes=_stale(paths, environment),
    )


def _blocking(paths: ssl.DefaultVerifyPaths, environment: Mapping[str, str]) -> str:
    """What OpenSSL would open although it is neither a file nor a directory; empty for nothing."""
    listed = environment.get(paths.openssl_capath_env, "").split(os.pathsep)
    for path in (paths.cafile or "", *listed):
        if path and os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            return path
    return ""


def _stale(paths: ssl.DefaultVerifyPaths, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Variables that name something that is not there: OpenSSL passes over it in silence."""
    notes = []
    for variable, found in (
        (paths.openssl_cafile_env, paths.cafile),
        (paths.openssl_capath_env, paths.capath),
    ):
        value = environment.get(variable)
        if value == "":
            notes.append(f"{variable} is set to nothing, and OpenSSL looks there: at nothing")
        elif value and not found:
            # OpenSSL takes a list of directories; `ssl.get_default_verify_paths` does not.
            listed = value.split(os.pathsep) if variable == paths.openssl_capath_env else [value]
            gone = [path for path in listed if path and not os.path.exists(path)]
            notes += [f"{variable} names `{printable(path)}`, which is not there" for path in gone]
    return tuple(notes)


def _holds_hashed_names(directory: str) -> bool:
    try:
        with os.scandir(directory) as found:
            return any(_HASHED_NAME.match(each.name) for each in found)
    except OSError:
        return False
