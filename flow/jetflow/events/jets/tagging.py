"""The authors' rule that turns reconstructed jets into tagged ones: a soft-drop mass window and a ratio of tau_N."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from jetflow.events.block import Table

__all__ = ["CLASSES", "TagClass", "tag"]

_NO_TAU = 1e-6  # stands for a tau of 0, as in the authors' data


@dataclass(frozen=True)
class TagClass:
    """A class of paper 2 (its id is its place in CLASSES): soft-drop mass window [GeV], the tau ratio that sorts it."""

    name: str
    low: float
    high: float
    ratio: tuple[str, str]


CLASSES: Final = (
    TagClass("t", 105.0, 210.0, ("tau3", "tau2")),
    TagClass("V", 65.0, 105.0, ("tau2", "tau1")),
    TagClass("H", 105.0, 140.0, ("tau2", "tau1")),
)


def tag(jets: Table, eta_max: float) -> Table:
    """Jets of `baseline` inside the mass window of a class (paper 2, section 5), in |eta| < `eta_max`.

    Columns: class_id int8 (0 t, 1 V, 2 H), eta, phi, pt [GeV] and ratio (tau32 of t, tau21 of V and H; low is pure)
    float32. A jet that is in two windows is there twice. In an event t comes first, then H, then V.
    """
    event = np.repeat(np.arange(len(jets.offsets) - 1), np.diff(jets.offsets))
    column = jets.columns
    inside = np.abs(column["eta"]) < eta_max
    chosen, classes, ratios = [], [], []
    for class_id in (0, 2, 1):
        window = CLASSES[class_id]
        rows = np.flatnonzero(inside & (column["msd"] > window.low) & (column["msd"] < window.high))
        above, below = (np.where(column[tau][rows] == 0, _NO_TAU, column[tau][rows]) for tau in window.ratio)
        chosen.append(rows)
        classes.append(np.full(len(rows), class_id, np.int8))
        ratios.append((above / below).astype(np.float32))
    rows = np.concatenate(chosen)
    order = np.argsort(event[rows], kind="stable")
    rows = rows[order]
    return Table(
        np.searchsorted(event[rows], np.arange(len(jets.offsets))).astype(np.int64),
        {
            "class_id": np.concatenate(classes)[order],
            **{name: column[name][rows] for name in ("eta", "phi", "pt")},
            "ratio": np.concatenate(ratios)[order],
        },
    )
