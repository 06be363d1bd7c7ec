"""Facts only: what was seen of one target, and a recording of several."""

from __future__ import annotations

from diagnose.model.attempt import Attempt, Capture, Fetch, Profile
from diagnose.model.nouns import dataclass
from diagnose.model.store import BundleSetting, CertifiFacts, Store, StoreName
from diagnose.model.surroundings import Surroundings
from diagnose.model.target import Target


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one target. `asked` are the stores that the verdict is about."""

    target: Target
    attempts: tuple[Attempt, ...]
    capture: Capture
    addresses: tuple[str, ...] = ()
    fetches: tuple[Fetch, ...] = ()

    def attempt(self, store: StoreName, profile: Profile = Profile.DEFAULT) -> Attempt | None:
        for attempt in self.attempts:
            if attempt.store is store and attempt.profile is profile:
                return attempt
        return None


@dataclass(frozen=True, slots=True)
class Recording:
    """All that one run saw: enough to give the same report again, anywhere.

    `certificates` are DER: every chain, every fetched certificate, and the anchors that the walk
    needs. `required` are the stores named by `--require`; none means every configured store.
    """

    surroundings: Surroundings
    stores: tuple[Store, ...]
    certifi: CertifiFacts | None
    bundle_settings: tuple[BundleSetting, ...]
    certificates: tuple[bytes, ...]
    observations: tuple[Observation, ...]
    required: tuple[StoreName, ...] = ()

    def store(self, name: StoreName) -> Store:
        for store in self.stores:
            if store.name is name:
                return store
        return Store(name, configured=False)
