"""The nouns: frozen dataclasses, enums and closed unions; no I/O, no printing."""
