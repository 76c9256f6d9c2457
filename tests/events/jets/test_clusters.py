"""Topological clusters of towers made by hand."""

import numpy as np
import pytest

from jetflow.events.grid import Grid
from jetflow.events.jets.clusters import tower_clusters, tower_noise

GRID = Grid()
ETA = GRID.eta_centre(np.arange(68) * 5 + 2)
PHI = -np.pi + np.pi / 36 * (np.arange(72) + 0.5)


def found(*events: dict[tuple[int, int], float], noise: float = 1.0) -> list[list[tuple[float, float, float]]]:
    """Clusters (eta, phi, ET) of events given as {(row, column): ET}."""
    et = np.zeros((len(events), 68, 72), np.float32)
    for image, event in zip(et, events, strict=True):
        for tower, value in event.items():
            image[tower] = value
    clusters = tower_clusters(et, np.full(len(events), noise), GRID)
    rows = list(zip(clusters.eta.tolist(), clusters.phi.tolist(), clusters.et.tolist(), strict=True))
    return [rows[clusters.offsets[i] : clusters.offsets[i + 1]] for i in range(len(events))]


def test_one_tower() -> None:
    assert found({(10, 20): 5.0}) == [[pytest.approx((ETA[10], PHI[20], 5.0), abs=1e-5)]]


@pytest.mark.parametrize(
    ("chain", "total"),
    [
        ([4.1], 4.1),
        ([3.9], 0.0),  # no seed
        ([5, 2.1, 0.1], 7.2),  # a tower with energy next to one that passes growth
        ([5, 1.9, 0.1], 6.9),  # 1.9 belongs to it, and does not pass it on
        ([5, 2.1, 2.05, 0.3], 9.45),
        ([5, 0, 2.1], 5.0),  # a gap ends it
    ],
)
def test_thresholds(chain: list[float], total: float) -> None:
    """4-2-0 along a row, in units of the noise; neighbours also touch at corners."""
    for step in ((0, 1), (1, 0), (1, 1)):
        event = {(20 + i * step[0], 30 + i * step[1]): et for i, et in enumerate(chain)}
        assert sum(et for _, _, et in found(event)[0]) == pytest.approx(total)


def test_noise_scales_the_thresholds() -> None:
    assert len(found({(20, 20): 7.9}, noise=2.0)[0]) == 0
    assert len(found({(20, 20): 8.1}, noise=2.0)[0]) == 1


def test_position_is_weighted_across_the_seam() -> None:
    (eta, phi, et), *_ = found({(30, 71): 6.0, (30, 0): 3.0})[0]
    assert (eta, et) == pytest.approx((ETA[30], 9.0), abs=1e-5)
    assert phi == pytest.approx(PHI[71] + np.pi / 36 / 3, abs=1e-5)


def test_two_maxima_are_two_clusters() -> None:
    """8 - 3 - 6: the tower between goes to the higher one; a second maximum below the seed threshold is dropped."""
    assert [et for _, _, et in found({(5, 5): 8.0, (5, 6): 3.0, (5, 7): 6.0})[0]] == pytest.approx([11, 6])
    assert [et for _, _, et in found({(5, 5): 8.0, (5, 6): 2.5, (5, 7): 3.5})[0]] == pytest.approx([10.5])


def test_equal_towers_are_one_cluster() -> None:
    plateau = {(i, j): 5.0 for i in (40, 41) for j in (10, 11)}
    assert found(plateau) == [[pytest.approx((ETA[40:42].mean(), PHI[10:12].mean(), 20.0), abs=1e-5)]]


def test_edges_in_eta_do_not_touch() -> None:
    assert len(found({(0, 5): 5.0, (67, 5): 6.0})[0]) == 2


def test_events_are_separate_and_sorted() -> None:
    first, empty, third = found({(1, 1): 5.0, (9, 9): 7.0}, {}, {(1, 1): 6.0})
    assert [et for _, _, et in first] == [7.0, 5.0]
    assert empty == []
    assert len(third) == 1
    assert len(found(*[{(3, 3): 9.0}] * 130)[129]) == 1


def test_noise() -> None:
    """Electronic noise without pileup; at mu 50 hypot(.45, .11 sqrt(50)) = .9 GeV."""
    assert tower_noise(np.array([0, 50], np.float32)) == pytest.approx([0.45, 0.898], abs=1e-3)
