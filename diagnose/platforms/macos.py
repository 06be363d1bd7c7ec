"""macOS: the keychains, through `security`, and the codes of its trust evaluation."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Callable, Mapping, Sequence

from diagnose.model.attempt import Trouble
from diagnose.model.text import printable
from diagnose.platforms import NativeStore

#: The roots that Apple ships, and the keychain into which administrators put theirs.
KEYCHAINS = (
    "/System/Library/Keychains/SystemRootCertificates.keychain",
    "/Library/Keychains/System.keychain",
)

#: OSStatus of SecTrustEvaluateWithError (Security/SecBase.h); the words beside them are localised.
TROUBLES: Mapping[int, Trouble] = {
    -67602: Trouble.NAME_MISMATCH,
    -67818: Trouble.EXPIRED,
    -67819: Trouble.NOT_YET_VALID,
    -67820: Trouble.REVOKED,
    -67843: Trouble.UNTRUSTED,
    -67609: Trouble.PURPOSE,
    -67901: Trouble.OTHER,
}

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

#: `security` answers within a second on a healthy machine.
_SECONDS = 10


def system_store(
    environment: Mapping[str, str],
    run: Callable[[Sequence[str]], bytes] | None = None,
) -> NativeStore:
    """What `security find-certificate -a -p` lists of the two system keychains.

    A certificate in a keychain is not yet a trusted one: trust settings decide, and they are not
    listed, so the listing is not complete evidence. Raises nothing.
    """
    run = run or _run
    anchors: list[bytes] = []
    notes = ["a certificate in a keychain counts only if its trust setting says so"]
    for keychain in KEYCHAINS:
        try:
            printed = run(("/usr/bin/security", "find-certificate", "-a", "-p", keychain))
        except (OSError, subprocess.SubprocessError) as error:
            reason = printable(str(error), 120)
            notes.append(f"the keychain `{keychain}` could not be listed: {reason}")
            continue
        for block in _BLOCK.findall(printed):
            try:
                anchors.append(ssl.PEM_cert_to_DER_cert(block.decode("ascii")))
            except ValueError:
                continue
    return NativeStore(
        places=KEYCHAINS,
        chosen_by="macOS",
        anchors=tuple(dict.fromkeys(anchors)),
        complete=False,
        notes=tuple(notes),
    )


def proxy_settings() -> Mapping[str, str]:
    """The proxies of the system settings, which Python uses when no variable is set."""
    from urllib.request import getproxies

    return getproxies()


def _run(command: Sequence[str]) -> bytes:
    # A user's keychain may ask for a password; these two do not, and there is no terminal to ask.
    return subprocess.run(
        command, check=True, capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL
    ).stdout
