"""SoftKiller: one cut an event, on neutral candidates alone."""

import numpy as np
import pytest

from jetflow.events.jets.softkiller import Candidates, soft_killer

ETA_MAX = 3.0


def candidates(*events: np.ndarray) -> Candidates:
    """Events as arrays (candidates, 4) of pt, eta, phi, neutral."""
    flat = np.concatenate(events)
    offsets = np.concatenate([[0], np.cumsum([len(event) for event in events])])
    return Candidates(offsets, flat[:, 0], flat[:, 1], flat[:, 2], flat[:, 3].astype(bool))


def haze(pt: float, neutral: int = 1) -> np.ndarray:
    """One candidate of `pt` in the middle of every patch of 0.5 (12 x 13 of them)."""
    eta = -ETA_MAX + 0.5 * (np.arange(12) + 0.5)
    phi = -np.pi + 2 * np.pi / 13 * (np.arange(13) + 0.5)
    return np.array([(pt, e, p, neutral) for e in eta for p in phi])


def test_haze_goes_and_the_jet_stays() -> None:
    event = np.concatenate([haze(1.5), [(50.0, 0.3, 1.0, 1)], [(0.4, 0.3, 1.0, 0)]])
    left = soft_killer(candidates(event), ETA_MAX)
    assert left.pt.tolist() == [50.0, 0.4]
    assert left.offsets.tolist() == [0, 2]


def test_the_cut_is_the_median_of_the_hardest() -> None:
    """Patches with maxima 1, 2, .. 156: those above the median, 78.5, are left."""
    event = haze(0.0)
    event[:, 0] = np.arange(1, 157)
    assert soft_killer(candidates(event), ETA_MAX).pt.tolist() == list(range(79, 157))


def test_without_pileup_nothing_goes() -> None:
    """Fewer than half of the patches are hit."""
    event = haze(0.6)[:77]
    assert len(soft_killer(candidates(event), ETA_MAX).pt) == 77


def test_charged_candidates_neither_set_the_cut_nor_go() -> None:
    event = np.concatenate([haze(5.0, neutral=0), haze(1.0)[:60]])
    left = soft_killer(candidates(event), ETA_MAX)
    assert len(left.pt) == len(event)


def test_events_have_cuts_of_their_own() -> None:
    quiet, empty = np.array([(0.7, 0.0, 0.0, 1)]), np.zeros((0, 4))
    left = soft_killer(candidates(haze(2.0), empty, quiet, haze(3.0)), ETA_MAX)
    assert left.offsets.tolist() == [0, 0, 0, 1, 1]
    assert left.pt.tolist() == [0.7]


@pytest.mark.parametrize("turns", [-1, 1])
def test_phi_is_periodic_and_eta_is_clipped(turns: int) -> None:
    event = haze(1.0)
    event[:, 2] += turns * 2 * np.pi
    event[:13, 1] = -3.4
    assert len(soft_killer(candidates(event), ETA_MAX).pt) == 0
