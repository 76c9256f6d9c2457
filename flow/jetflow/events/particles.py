"""Flat arrays of particles, grouped in events by offsets."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Deposits", "Grouped", "Particles", "ranges"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grouped:
    """Rows of n events: event i has rows offsets[i]:offsets[i + 1] of every other field; offsets (n + 1) int64."""

    offsets: NDArray[np.int64]

    def columns(self) -> dict[str, NDArray[Any]]:
        """Every field but the offsets, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "offsets"}

    def events(self, start: int, stop: int) -> Self:
        """Events start .. stop - 1."""
        rows = slice(self.offsets[start], self.offsets[stop])
        columns: dict[str, Any] = {name: values[rows] for name, values in self.columns().items()}
        return replace(self, offsets=self.offsets[start : stop + 1] - self.offsets[start], **columns)

    def where(self, keep: NDArray[np.bool_]) -> Self:
        """The rows that `keep` selects, in the same events."""
        kept = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
        columns: dict[str, Any] = {name: values[keep] for name, values in self.columns().items()}
        return replace(self, offsets=kept[self.offsets], **columns)

    def event(self) -> NDArray[np.int64]:
        """The event of every row."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True)
class Particles(Grouped):
    """Stable particles: pdg int32; charge [e]; px, py, pz, e [GeV]; x, y, z of production [m]; all float64."""

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
class Deposits(Grouped):
    """Energy of particles where they enter the calorimeter; float32.

    eta, phi of that place as seen from the origin; ecal, hcal [GeV] left in each calorimeter.
    """

    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    ecal: NDArray[np.float32]
    hcal: NDArray[np.float32]


def ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate arange(start, start + count) for each pair, without a loop."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
