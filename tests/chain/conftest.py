"""Property tests have no time limit of their own: what they hold is true on a slow machine too."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("chain", deadline=None)
settings.load_profile("chain")
