"""One observation with its walks: what the catalogue of causes reads."""

from __future__ import annotations

from collections.abc import Mapping

from diagnose.model.attempt import Failure, Profile, Stage, Trouble
from diagnose.model.certificate import Certificate
from diagnose.model.nouns import dataclass
from diagnose.model.observation import Observation, Recording
from diagnose.model.store import Store, StoreName
from diagnose.model.surroundings import Surroundings
from diagnose.model.target import Target
from diagnose.model.verdict import Verdict, verdict
from diagnose.model.walk import Walk


@dataclass(frozen=True, slots=True)
class Case:
    """Facts about one target, and what follows from them by walking.

    `certificates` maps fingerprints to every certificate that was seen. `walks` has an entry per
    configured store; `reach` is the walk over everything.
    """

    recording: Recording
    observation: Observation
    certificates: Mapping[str, Certificate]
    walks: Mapping[StoreName, Walk]
    reach: Walk

    @property
    def target(self) -> Target:
        return self.observation.target

    @property
    def surroundings(self) -> Surroundings:
        return self.recording.surroundings

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The certificates that were sent and could be read, in the order sent."""
        return tuple(
            self.certificates[each]
            for each in self.observation.capture.chain
            if each in self.certificates
        )

    @property
    def leaf(self) -> Certificate | None:
        """The end-entity certificate: the first one sent (RFC 8446 section 4.4.2)."""
        return self.chain[0] if self.chain else None

    def store(self, name: StoreName) -> Store:
        return self.recording.store(name)

    def verdict(self, name: StoreName) -> Verdict:
        return verdict(self.store(name), self.observation.attempt(name))

    def stores_that(self, wanted: Verdict) -> tuple[StoreName, ...]:
        """The stores with this verdict, in the order of every report."""
        return tuple(name for name in StoreName if self.verdict(name) is wanted)

    def failure(self, name: StoreName, profile: Profile = Profile.DEFAULT) -> Failure | None:
        attempt = self.observation.attempt(name, profile)
        return attempt.failure if attempt else None

    def first_failure(self, stage: Stage, *troubles: Trouble) -> Failure | None:
        """The first failure at a stage (with one of the troubles), the capture's included."""
        failures = [attempt.failure for attempt in self.observation.attempts]
        for failure in (self.observation.capture.failure, *failures):
            if failure is None or failure.stage is not stage:
                continue
            if not troubles or failure.trouble in troubles:
                return failure
        return None

    @property
    def asked(self) -> tuple[StoreName, ...]:
        """The stores that the exit code is about: the required ones, else every configured one."""
        if self.recording.required:
            return self.recording.required
        return tuple(name for name in StoreName if self.store(name).configured)
