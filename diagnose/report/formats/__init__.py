"""One file, one output format: `RENDERER`."""
