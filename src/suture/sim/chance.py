"""Seeded chance that does not depend on the order of questions: each question names itself."""

import math
from datetime import timedelta
from random import Random


class Chance:
    """Draws that are the same for the same seed and the same question, whoever asks first."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def rng(self, *question: object) -> Random:
        """A generator of its own for one question."""
        return Random("|".join(map(str, (self._seed, *question))))  # noqa: S311 - a played world, no secret

    def happens(self, probability: float, *question: object) -> bool:
        """Whether something with this probability happens."""
        return self.rng("happens", *question).random() < probability

    def delay(self, median: timedelta, sigma: float, *question: object) -> timedelta:
        """A log-normal delay in whole seconds, at least one."""
        seconds = median.total_seconds() * math.exp(self.rng("delay", *question).gauss(0.0, sigma))
        return timedelta(seconds=max(1, round(seconds)))
