"""Figures as functions of eta, phi and pT: bins, what stands in them, and errors of shares."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.physics.detections import Detections
from jetflow.physics.matching import Matches, pairs

__all__ = ["VARIABLES", "Axis", "axes", "place", "share"]

Floats = NDArray[np.float64]
VARIABLES = ("eta", "phi", "pt")
PT_BINS = 8


@dataclass(frozen=True)
class Axis:
    """Bins of one variable: edges[i] <= value < edges[i + 1], the last one closed."""

    name: str  # of VARIABLES
    edges: Floats

    @property
    def centres(self) -> Floats:
        """Middles of the bins."""
        middles: Floats = (self.edges[1:] + self.edges[:-1]) / 2
        return middles

    def index(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """The bin of each value, -1 outside or where it is NaN."""
        found = np.searchsorted(self.edges, values, side="right") - 1
        found = np.where(values == self.edges[-1], len(self.edges) - 2, found)
        return np.where((found < 0) | (found >= len(self.edges) - 1), -1, found).astype(np.int64)


def axes(labels: Any, eta_max: float, bins: int = 12) -> dict[str, Axis]:
    """Even bins of eta and phi, and bins of pT that hold equally many of the labels, of whole GeV."""
    pt = labels.pt if len(labels.pt) else np.array([0.0, 1.0])
    quantiles = np.quantile(pt, np.linspace(0, 1, PT_BINS + 1))
    edges = np.unique(np.concatenate([np.floor(quantiles[:-1]), np.ceil(quantiles[-1:])]))
    return {
        "eta": Axis("eta", np.linspace(-eta_max, eta_max, bins + 1)),
        "phi": Axis("phi", np.linspace(-np.pi, np.pi, bins + 1)),
        "pt": Axis("pt", edges.astype(np.float64)),
    }


def place(matches: Matches, detections: Detections, labels: Any, variable: str, regresses_pt: bool) -> Floats:
    """Where each detection of `matches` stands: with the label it found, a false one with itself.

    That is the authors' rule. Where the network regresses no pT, a false detection has that of the nearest label of
    its event, of any class (NaN in an event without labels).
    """
    true = matches.true
    where = np.full(len(true), np.nan)
    where[true] = getattr(labels, variable)[matches.truth[true]]
    false = matches.detection[~true]
    if variable != "pt":
        where[~true] = getattr(detections, variable)[false]
    elif regresses_pt:
        where[~true] = detections.regressed[false]
    else:
        where[~true] = np.append(labels.pt, np.nan)[_nearest(detections, false, labels)]
    return where


def _nearest(detections: Detections, chosen: NDArray[np.int64], labels: Any) -> NDArray[np.int64]:
    """The label of the same event that is nearest to each chosen detection, -1 where there is none."""
    label_event = np.repeat(np.arange(len(labels.offsets) - 1), np.diff(labels.offsets))
    detection, label = pairs(detections.event[chosen], label_event)
    d_eta = labels.eta[label] - detections.eta[chosen[detection]]
    d_phi = abs(labels.phi[label] - detections.phi[chosen[detection]])
    order = np.lexsort((np.hypot(d_eta, np.minimum(d_phi, 2 * np.pi - d_phi)), detection))
    detection, label = detection[order], label[order]
    first = np.diff(detection, prepend=-1) > 0
    nearest = np.full(len(chosen), -1, np.int64)
    nearest[detection[first]] = label[first]
    return nearest


def share(found: NDArray[Any], total: NDArray[Any]) -> dict[str, list[float]]:
    """`found` of `total` in every bin, with Wilson's 68% interval: lists `value`, `low`, `high`, NaN of nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        value = found / total
        middle = (found + 0.5) / (total + 1)
        half = np.sqrt(value * (1 - value) / total + 0.25 / total**2) * total / (total + 1)
    return {"value": value.tolist(), "low": (middle - half).tolist(), "high": (middle + half).tolist()}
