"""Topological clusters of calorimeter towers, as ATLAS makes its jets' constituents, in two dimensions.

ATLAS (Eur. Phys. J. C 77 (2017) 490) clusters cells of all layers by the significance ET / sigma of the noise: seeds
above 4, growth through cells above 2, and all cells with energy next to these. Clusters are then split at their local
maxima. Here the cells are trigger towers, ECAL and HCAL together, and the neighbours are the eight around a tower;
phi is periodic. Each cell belongs to one cluster: shared cells, calibration and shapes are left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.events.grid import Grid

__all__ = ["Clusters", "tower_clusters", "tower_noise"]

SEED, GROWTH = 4.0, 2.0  # significance
ELECTRONIC = 0.45  # GeV: the noise term of the CMS card's ECAL barrel
PILEUP = 0.11  # GeV: the central 68% of a tower's ET at mu 50 ends at 0.75 GeV, which is 0.11 sqrt(50)
_STEP = 64  # events at a time, which bounds the memory
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Clusters:
    """Clusters of n events: offsets (n + 1) int64; eta, phi (radians, -pi to pi), et [GeV] float32; ET falls."""

    offsets: NDArray[np.int64]
    eta: Floats
    phi: Floats
    et: Floats


def tower_noise(mu: NDArray[np.float32]) -> NDArray[np.float64]:
    """Noise of a tower [GeV] at a mean of `mu` collisions: electronic and pileup noise in quadrature."""
    noise: NDArray[np.float64] = np.sqrt(ELECTRONIC**2 + PILEUP**2 * mu.astype(np.float64))
    return noise


def tower_clusters(et: Floats, noise: NDArray[np.float64], grid: Grid) -> Clusters:
    """Clusters of the towers' ET [GeV], (n, rows, columns), where event i has the noise `noise[i]` [GeV].

    A cluster lies at the ET-weighted mean of its towers' centres.
    """
    steps = range(0, max(len(et), 1), _STEP)
    parts = [_clusters(et[i : i + _STEP].astype(np.float64), noise[i : i + _STEP], grid) for i in steps]
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    return Clusters(
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in ("eta", "phi", "et")},
    )


def _clusters(et: NDArray[np.float64], noise: NDArray[np.float64], grid: Grid) -> Clusters:
    significance = et / noise[:, None, None]
    inside = _grown(significance)
    peak = _peaks(et, inside)
    whole = inside.ravel() & (significance.ravel()[peak] > SEED)
    tower, peak = np.flatnonzero(whole), peak[whole]
    weight, rows, columns = et.ravel()[tower], et.shape[1], et.shape[2]
    found, cluster = np.unique(peak, return_inverse=True)
    total = np.bincount(cluster, weights=weight)
    row, column = tower // columns % rows, tower % columns
    turn = (column - peak % columns + columns // 2) % columns - columns // 2  # towers, from the peak's
    mean_row = np.bincount(cluster, weights=weight * row) / total
    mean_turn = np.bincount(cluster, weights=weight * turn) / total
    eta = grid.eta_centre(mean_row * grid.tower + (grid.tower - 1) / 2)
    phi = (found % columns + mean_turn + 0.5) * (2 * np.pi / columns) % (2 * np.pi) - np.pi
    event = found // (rows * columns)
    order = np.lexsort((-total, event))
    return Clusters(
        offsets=np.searchsorted(event, np.arange(len(et) + 1)).astype(np.int64),
        **{name: values[order].astype(np.float32) for name, values in (("eta", eta), ("phi", phi), ("et", total))},
    )


def _around(values: NDArray[Any], outside: int) -> NDArray[Any]:
    """The 3 x 3 neighbourhood of every tower, (9, n, rows, columns); phi wraps, beyond eta is `outside`."""
    wrapped = np.pad(values, ((0, 0), (0, 0), (1, 1)), mode="wrap")
    padded = np.pad(wrapped, ((0, 0), (1, 1), (0, 0)), constant_values=outside)
    rows, columns = values.shape[1:]
    return np.stack([padded[:, i : i + rows, j : j + columns] for i in range(3) for j in range(3)])


def _grown(significance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Towers of any cluster: seeds, then again and again the towers with energy around those that pass growth."""
    inside = significance > SEED
    through, positive = significance > GROWTH, significance > 0
    while True:
        wider = inside | (_around(inside & through, 0).any(0) & positive)
        if (wider == inside).all():
            return inside
        inside = wider


def _peaks(et: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Flat index of the local maximum above each tower, by steps to the neighbour of highest ET (ties: last index)."""
    flat = np.where(inside, et, -1.0).reshape(len(et), -1)
    rank = np.empty(flat.shape, np.int64)
    np.put_along_axis(rank, np.argsort(flat, axis=1, kind="stable"), np.arange(flat.shape[1])[None], axis=1)
    index = np.arange(et.size).reshape(et.shape)
    uphill = _around(rank.reshape(et.shape), -1).argmax(0)
    above: NDArray[np.int64] = np.take_along_axis(_around(index, -1), uphill[None], 0).ravel()
    while (above[above] != above).any():
        above = above[above]
    return above
