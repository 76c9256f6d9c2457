"""Non-maximum suppression of equal square boxes, of many events and classes at once."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_of_each", "suppress"]

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def suppress(group: Integers, eta: Floats, phi: Floats, size: float, limit: float) -> NDArray[np.bool_]:
    """Which candidates survive greedy suppression within their group: those that overlap no better one kept.

    Candidates (n,) are sorted by group (an event and class) and in it by falling score; phi in [-pi, pi) is periodic.
    Boxes have the side `size`; two overlap where their IoU is above `limit`. All groups take a step at once: each keeps
    its best candidate left and drops what overlaps that one.
    """
    kept = np.zeros(len(group), bool)
    # overlap / (2 size**2 - overlap) <= limit, solved for the overlap
    largest = np.float32(2 * limit * size**2 / (1 + limit))
    alive = np.arange(len(group))
    while len(alive):
        first = np.flatnonzero(np.diff(group, prepend=-1))
        kept[alive[first]] = True
        of_group = np.diff(first, append=len(alive))
        d_eta = abs(eta - np.repeat(eta[first], of_group))
        d_phi = abs(phi - np.repeat(phi[first], of_group))
        d_phi = np.minimum(d_phi, np.float32(2 * np.pi) - d_phi)
        stays = np.maximum(size - d_eta, 0) * np.maximum(size - d_phi, 0) <= largest
        stays[first] = False
        alive, group, eta, phi = alive[stays], group[stays], eta[stays], phi[stays]
    return kept


def best_of_each(event: Integers, score: Floats, top: int) -> Integers:
    """Rising indices of the `top` highest scores of every event, the earlier one of equals; any order of events."""
    order = np.lexsort((-score, event))
    ordered = event[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return np.sort(order[rank < top])
