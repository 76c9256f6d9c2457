"""Jets from cells, against sums over all cells."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.physics.circles import circle_jets, merge_classes

ETA_MAX = 1.0


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_as_sums_over_all_cells(seed: int, make_detections: Any) -> None:
    """Every cell shared by the circles that hold it, on a grid of 20 x 24."""
    random = np.random.default_rng(seed)
    et = random.exponential(1.0, (2, 20, 24))
    spots = random.uniform([-1, -np.pi], [1, np.pi], (6, 2))
    found = make_detections([(i % 2, 1, 0.5, *spots[i]) for i in range(6)])
    jets = circle_jets(et, ETA_MAX, found, 0.5)
    eta = (np.arange(20) + 0.5) / 10 - 1
    phi = (np.arange(24) + 0.5) * (2 * np.pi / 24) - np.pi
    inside = []
    for i in range(6):
        d_phi = abs(phi - float(found.phi[i]))
        inside.append(np.hypot((eta - float(found.eta[i]))[:, None], np.minimum(d_phi, 2 * np.pi - d_phi)) < 0.5)
    for i in range(6):
        circles = sum(inside[j].astype(int) for j in range(6) if j % 2 == i % 2)
        energy = np.where(inside[i], et[i % 2] / np.maximum(circles, 1), 0)
        px, py = (energy * np.cos(phi)).sum(), (energy * np.sin(phi)).sum()
        pz, e = (energy * np.sinh(eta)[:, None]).sum(), (energy * np.cosh(eta)[:, None]).sum()
        assert jets.et[i] == pytest.approx(energy.sum())
        assert jets.pt[i] == pytest.approx(np.hypot(px, py))
        assert jets.mass[i] == pytest.approx(np.sqrt(max(e**2 - px**2 - py**2 - pz**2, 0)), abs=1e-6)
        assert (jets.eta[i], jets.phi[i]) == pytest.approx((np.arcsinh(pz / np.hypot(px, py)), np.arctan2(py, px)))


def test_shared_energy_is_counted_once(make_detections: Any) -> None:
    et = np.ones((1, 20, 24))
    found = make_detections([(0, 1, 0.9, 0.0, 0.0), (0, 2, 0.8, 0.2, 0.1)])
    both = circle_jets(et, ETA_MAX, found, 0.5).et.sum()
    alone = circle_jets(et, ETA_MAX, make_detections([(0, 1, 0.9, 0.0, 0.0)]), 0.5).et[0]
    assert alone < both < 2 * alone
    assert circle_jets(et, ETA_MAX, make_detections([]), 0.5).et.tolist() == []


def test_classes_become_one(make_detections: Any) -> None:
    """Of two classes at one place the better one stays; what is below the threshold goes."""
    found = make_detections([(0, 1, 0.6, 0, 0), (0, 2, 0.9, 0.1, 0), (0, 2, 0.3, 2, 0), (1, 1, 0.7, 0, 0)])
    jets = merge_classes(found, 0.5, 0.8, 0.25)
    assert jets.event.tolist() == [0, 1]
    assert jets.score.tolist() == pytest.approx([0.9, 0.7])
    assert jets.class_id.tolist() == [1, 1]
