"""Every random stream from one seed: what is drawn depends on its name, never on which worker draws it."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Stream", "stream"]


@dataclass(frozen=True)
class Stream:
    """A NumPy generator, and a source of seeds for Pythia (1 .. 900,000,000)."""

    rng: np.random.Generator

    def pythia_seed(self) -> int:
        """The next seed that Pythia accepts."""
        return int(self.rng.integers(1, 900_000_001))


def stream(seed: int, *key: int) -> Stream:
    """The stream of `seed` (>= 0) called `key`, for example (process code, shard number)."""
    return Stream(np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key))))
