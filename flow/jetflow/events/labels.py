"""The labels of paper 1 (single-shot jet detection with b, W/Z/H and t), derived from the stored truth objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.block import Table
from jetflow.events.processes import GRAVITON

__all__ = ["CLASS_NAMES", "Labels", "paper1_labels"]

CLASS_NAMES = ("background", "b", "W/Z/H", "t")
B_MIN_PT = 30.0  # GeV, of the generator jet
HEAVY_MIN_PT = 200.0  # GeV, of the last copy before decay


@dataclass(frozen=True)
class Labels:
    """Labels of n events in flat arrays: event i has offsets[i]:offsets[i + 1].

    offsets (n + 1) int64; class_id int8 (1 b, 2 W/Z/H, 3 t); eta, phi (radians, -pi to pi), pt, mass [GeV] float32.
    """

    offsets: NDArray[np.int64]
    class_id: NDArray[np.int8]
    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    pt: NDArray[np.float32]
    mass: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.offsets) - 1


def paper1_labels(truth: Table, eta_max: float, inside_top: bool = False) -> Labels:
    """Labels from the truth table of a file.

    b: a b quark straight from the graviton with a generator jet above 30 GeV; eta, phi, pt and mass of the jet.
    W/Z/H and t: pT > 200 GeV; eta, phi and pt of the last copy before decay, mass of the generator jet (its own
    where there is no jet). A W inside a top only counts if `inside_top`. Objects beyond `eta_max` are left out.
    """
    column = truth.columns
    kind = np.abs(column["pdg"])
    is_b = kind == 5
    class_id = np.select([is_b, np.isin(kind, (23, 24, 25)), kind == 6], [1, 2, 3], 0).astype(np.int8)
    found = column["jet_pt"] > 0
    eta, phi, pt = (np.where(is_b, column[f"jet_{name}"], column[name]) for name in ("eta", "phi", "pt"))
    mass = np.where(found, column["jet_mass"], column["mass"])
    keep = np.where(
        is_b,
        (column["parent"] == GRAVITON) & (pt > B_MIN_PT),
        (pt > HEAVY_MIN_PT) & (inside_top | (np.abs(column["parent"]) != 6)),
    )
    keep &= (class_id > 0) & (np.abs(eta) < eta_max)
    kept = np.concatenate([[0], np.cumsum(keep)])
    return Labels(
        offsets=kept[truth.offsets].astype(np.int64),
        class_id=class_id[keep],
        eta=eta[keep],
        phi=phi[keep],
        pt=pt[keep],
        mass=mass[keep],
    )
