"""What a network is to find in an event, by scheme: the classes of the two papers, or the jets or clusters of ATLAS.

scheme           classes     taken from
paper1           b W/Z/H t   truth objects, with thresholds (Jet-SSD, section 4); the target is the mass
paper2           t V H       truth objects at generator level (PFJet-SSD, section 4); the target is pT
atlas-jets       jet         generator jets, anti-kt 0.4 (ATLAS study, "Making Truth Annotations")
atlas-clusters   cluster     topological clusters of the calorimeter: the jets' constituents (same page)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.block import Table
from jetflow.events.collisions.processes import GRAVITON
from jetflow.events.files.schema import CALORIMETER
from jetflow.events.grid import Grid
from jetflow.events.jets.clusters import tower_clusters, tower_noise

__all__ = ["CLASSES", "Labels", "Scheme", "labels", "paper1_labels", "paper2_labels"]

Scheme = Literal["paper1", "paper2", "atlas-jets", "atlas-clusters"]
CLASSES: Final[dict[Scheme, tuple[str, ...]]] = {
    "paper1": ("b", "W/Z/H", "t"),
    "paper2": ("t", "V", "H"),
    "atlas-jets": ("jet",),
    "atlas-clusters": ("cluster",),
}
B_MIN_PT = 30.0  # GeV, of the generator jet
HEAVY_MIN_PT = 200.0  # GeV, of the last copy before decay
PAPER2_MIN_PT = 7.0  # GeV, the lowest of their data
JET_MIN_PT = 20.0  # GeV
CLUSTER_MIN_ET = 5.0  # GeV


@dataclass(frozen=True)
class Labels:
    """Labels of n events in flat arrays: event i has offsets[i]:offsets[i + 1].

    offsets (n + 1) int64; class_id int8 (1 is the first of the scheme's CLASSES, 0 the background); eta, phi (radians,
    -pi to pi), pt, mass [GeV] float32.
    """

    offsets: NDArray[np.int64]
    class_id: NDArray[np.int8]
    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    pt: NDArray[np.float32]
    mass: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.offsets) - 1


class _Source(Protocol):
    """What labels are derived from: an open events file (files.reader.EventFile)."""

    grid: Grid

    @property
    def mu(self) -> NDArray[np.float32]: ...
    def truth(self, start: int = 0, stop: int | None = None) -> Table: ...
    def genjets(self, start: int = 0, stop: int | None = None) -> Table: ...
    def image_et(
        self, channels: Sequence[str], grid: Literal["tower", "crystal"], start: int = 0, stop: int | None = None
    ) -> NDArray[np.float32]: ...


def labels(file: _Source, scheme: Scheme, start: int = 0, stop: int | None = None, inside_top: bool = False) -> Labels:
    """The labels of events start .. stop - 1 by `scheme`, inside the image.

    `inside_top` keeps the W, Z or H inside a top quark as a label of its own (schemes of the papers). Raises InputError
    for an unknown scheme, and where the file lacks what the scheme is made from.
    """
    eta_max = file.grid.eta_max
    match scheme:
        case "paper1":
            return paper1_labels(file.truth(start, stop), eta_max, inside_top)
        case "paper2":
            return paper2_labels(file.truth(start, stop), eta_max, inside_top)
        case "atlas-jets":
            jets = file.genjets(start, stop)
            return _of_one_class(jets.offsets, jets.columns, jets.columns["pt"] > JET_MIN_PT, eta_max)
        case "atlas-clusters":
            et = file.image_et(CALORIMETER, "tower", start, stop).sum(-1)
            found = tower_clusters(et, tower_noise(file.mu[start:stop]), file.grid)
            columns = {"eta": found.eta, "phi": found.phi, "pt": found.et, "mass": np.zeros_like(found.et)}
            return _of_one_class(found.offsets, columns, found.et > CLUSTER_MIN_ET, eta_max)
    raise InputError(f"scheme: found {scheme!r}; {', '.join(get_args(Scheme))} are allowed")


def paper1_labels(truth: Table, eta_max: float, inside_top: bool = False) -> Labels:
    """Labels of paper 1 from the truth table of a file.

    b: a b quark straight from the graviton with a generator jet (anti-kt, R = 0.4 as the paper's cone) above 30 GeV;
    eta, phi, pt and mass of the jet. W/Z/H and t: pT > 200 GeV; eta, phi and pt of the last copy before decay, mass of
    the generator jet (its own where there is no jet), anti-kt of R = 0.8: the paper's 0.4 holds only part of the decay
    of a W below 400 GeV and of a t below 900 GeV. A W inside a top only counts if `inside_top`. Objects beyond
    `eta_max` are left out.
    """
    column = truth.columns
    kind = np.abs(column["pdg"])
    is_b = kind == 5
    class_id = np.select([is_b, np.isin(kind, (23, 24, 25)), kind == 6], [1, 2, 3], 0)
    found = column["jet_pt"] > 0
    values = {name: np.where(is_b, column[f"jet_{name}"], column[name]) for name in ("eta", "phi", "pt")}
    values["mass"] = np.where(found, column["jet_mass"], column["mass"])
    keep = np.where(
        is_b,
        (column["parent"] == GRAVITON) & (values["pt"] > B_MIN_PT),
        (values["pt"] > HEAVY_MIN_PT) & (inside_top | ~_in_top(column)),
    )
    return _kept(truth.offsets, class_id, values, keep, eta_max)


def paper2_labels(truth: Table, eta_max: float, inside_top: bool = False, min_pt: float = PAPER2_MIN_PT) -> Labels:
    """Labels of paper 2 from the truth table of a file.

    t, V (W or Z) and H at generator level: eta, phi, pt and mass of the particle itself, its last copy before decay,
    above `min_pt` [GeV]. A W inside a top only counts if `inside_top`. The authors count it: figure 4 shows such a
    pair, and the 59,388 t, 59,967 H and 118,701 V of table 1 are those of 90,000 events, a third each of tt, HH and WW
    or ZZ. A network cannot tell it from its top. Objects beyond `eta_max` are left out.
    """
    column = truth.columns
    kind = np.abs(column["pdg"])
    class_id = np.select([kind == 6, np.isin(kind, (23, 24)), kind == 25], [1, 2, 3], 0)
    keep = (column["pt"] > min_pt) & (inside_top | ~_in_top(column))
    return _kept(truth.offsets, class_id, column, keep, eta_max)


def _in_top(column: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.abs(column["parent"]) == 6
    return inside


def _of_one_class(
    offsets: NDArray[np.int64], columns: dict[str, NDArray[Any]], keep: NDArray[np.bool_], eta_max: float
) -> Labels:
    return _kept(offsets, np.ones(len(keep), np.int64), columns, keep, eta_max)


def _kept(
    offsets: NDArray[np.int64],
    class_id: NDArray[np.int64],
    columns: dict[str, NDArray[Any]],
    keep: NDArray[np.bool_],
    eta_max: float,
) -> Labels:
    """The objects of a class that pass `keep`, inside `eta_max`."""
    keep = keep & (class_id > 0) & (np.abs(columns["eta"]) < eta_max)
    kept = np.concatenate([[0], np.cumsum(keep)])
    values = {name: columns[name][keep].astype(np.float32) for name in ("eta", "phi", "pt", "mass")}
    return Labels(kept[offsets].astype(np.int64), class_id[keep].astype(np.int8), **values)
