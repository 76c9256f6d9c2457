"""Flat arrays of particles, grouped in events by offsets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Deposits", "Particles", "ranges"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Particles:
    """Stable particles of n events; every array is flat, event i is `offsets[i]:offsets[i + 1]`.

    offsets (n + 1) int64; pdg int32; charge [e]; px, py, pz, e [GeV]; x, y, z of production [m]; all float64.
    """

    offsets: NDArray[np.int64]
    pdg: NDArray[np.int32]
    charge: Floats
    px: Floats
    py: Floats
    pz: Floats
    e: Floats
    x: Floats
    y: Floats
    z: Floats


@dataclass(frozen=True)
class Deposits:
    """Energy of particles where they enter the calorimeter, for n events; flat arrays, float32.

    offsets (n + 1) int64; eta and phi of the entry point as seen from the origin; ecal, hcal [GeV].
    """

    offsets: NDArray[np.int64]
    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    ecal: NDArray[np.float32]
    hcal: NDArray[np.float32]

    def events(self, start: int, stop: int) -> "Deposits":
        """Events start .. stop - 1."""
        rows = slice(self.offsets[start], self.offsets[stop])
        offsets = self.offsets[start : stop + 1] - self.offsets[start]
        return Deposits(offsets, self.eta[rows], self.phi[rows], self.ecal[rows], self.hcal[rows])


def ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate arange(start, start + count) for each pair, without a loop."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
