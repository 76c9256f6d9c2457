"""SoftKiller: neutral pileup is taken off by one cut on pT an event, found from the event itself (arXiv:1407.0408)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PATCH", "Candidates", "soft_killer"]

Floats = NDArray[np.float64]
PATCH = 0.5  # side of a patch in eta and phi


@dataclass(frozen=True)
class Candidates:
    """Massless energy-flow candidates of n events; flat arrays, event i is offsets[i]:offsets[i + 1].

    offsets (n + 1) int64; pt [GeV, > 0], eta, phi [radians] float64; neutral bool (photons and neutral hadrons).
    """

    offsets: NDArray[np.int64]
    pt: Floats
    eta: Floats
    phi: Floats
    neutral: NDArray[np.bool_]


def soft_killer(candidates: Candidates, eta_max: float, patch: float = PATCH) -> Candidates:
    """Leave out the neutral candidates of an event whose pT is not above the event's cut.

    The cut is the median, over patches of about `patch` x `patch` that cover |eta| < `eta_max` and all of phi, of the
    hardest neutral candidate's pT: half of the patches, and with them the median density, become empty. An event
    without pileup has mostly empty patches, hence a cut near 0. Charged candidates of pileup are taken to be removed
    already by their vertex. Candidates beyond `eta_max` count to the outermost patches.
    """
    rows, columns = (max(1, round(length / patch)) for length in (2 * eta_max, 2 * np.pi))
    events = len(candidates.offsets) - 1
    event = np.repeat(np.arange(events), np.diff(candidates.offsets))
    row = np.clip(np.floor((candidates.eta / eta_max + 1) * rows / 2).astype(np.int64), 0, rows - 1)
    column = np.floor((candidates.phi + np.pi) * columns / (2 * np.pi)).astype(np.int64) % columns
    hardest = np.zeros((events, rows * columns))
    neutral = candidates.neutral
    np.maximum.at(hardest, (event[neutral], (row * columns + column)[neutral]), candidates.pt[neutral])
    keep = ~neutral | (candidates.pt > np.median(hardest, axis=1)[event])
    kept = np.concatenate([[0], np.cumsum(keep)])
    return Candidates(
        offsets=kept[candidates.offsets].astype(np.int64),
        pt=candidates.pt[keep],
        eta=candidates.eta[keep],
        phi=candidates.phi[keep],
        neutral=neutral[keep],
    )
