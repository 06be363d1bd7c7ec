"""The file format of a recording: what `--save` writes and `diagnose replay` reads."""

from __future__ import annotations

import json

from diagnose.model.codec import Undecodable, decode, encode
from diagnose.model.errors import DiagnoseError
from diagnose.model.observation import Recording
from diagnose.model.text import printable

SCHEMA = "diagnose/observation/1"

#: A recording of a hundred targets is about 1 MB.
SIZE_LIMIT = 64 * 1024 * 1024


def dumps(recording: Recording) -> str:
    """The recording as JSON text, ASCII only."""
    return json.dumps({"schema": SCHEMA, "recording": encode(recording)}, indent=1) + "\n"


def loads(text: str, name: str) -> Recording:
    """The recording in `text`; `name` is the file's, for the sentence that says what is wrong.

    Raises DiagnoseError for anything that is not a whole recording of this version.
    """
    shown = printable(name, 200)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise DiagnoseError(
            f"`{shown}` is no recording: it is not JSON, or was cut short"
        ) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(schema, str) or not schema.startswith("diagnose/observation/"):
        raise DiagnoseError(f"`{shown}` is no recording of `diagnose check --save`")
    if schema != SCHEMA:
        raise DiagnoseError(
            f"`{shown}` was written by another version of diagnose ({printable(schema, 40)});"
            f" this one reads {SCHEMA}; update tls-diagnose"
        )
    try:
        return decode(Recording, document.get("recording"))
    except (Undecodable, RecursionError) as error:
        raise DiagnoseError(f"`{shown}` is damaged: {printable(str(error), 200)}") from None
