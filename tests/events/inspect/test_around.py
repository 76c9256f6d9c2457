"""Cells around labels, against a loop over every pair."""

import numpy as np
import pytest

from jetflow.events.block import Table
from jetflow.events.grid import Grid
from jetflow.events.inspect.around import around, owner
from jetflow.events.labels import Labels

GRID = Grid()


def test_owner() -> None:
    assert owner(np.array([0, 2, 2, 3])).tolist() == [0, 0, 2]


def test_pairs_and_sums_of_a_loop() -> None:
    random = np.random.default_rng(5)
    events = 4
    cells = [[(random.integers(340), random.integers(360), random.random()) for _ in range(n)] for n in (9, 0, 30, 5)]
    places = [[(random.uniform(-2, 2), random.uniform(-3.1, 3.1)) for _ in range(n)] for n in (2, 1, 0, 1)]
    flat = [cell for event in cells for cell in event]
    offsets = np.concatenate([[0], np.cumsum([len(event) for event in cells])])
    table = Table(
        offsets,
        {
            "eta": np.array([cell[0] for cell in flat], np.uint16),
            "phi": np.array([cell[1] for cell in flat], np.uint16),
            "et": np.array([cell[2] for cell in flat], np.float16),
        },
    )
    eta, phi = (np.array([place[i] for event in places for place in event], np.float32) for i in (0, 1))
    starts = np.concatenate([[0], np.cumsum([len(event) for event in places])])
    seen = around(Labels(starts, np.ones(len(eta), np.int8), eta, phi, eta, eta), table, GRID)
    assert len(seen.label) == 2 * 9 + 5
    expected = []
    for event in range(events):
        for place in range(starts[event], starts[event + 1]):
            total = 0.0
            for row, column, et in cells[event]:
                centre = -2.958 + 0.0174 * (row + 0.5), -np.pi + np.pi / 180 * (column + 0.5)
                turn = abs(centre[1] - phi[place])
                if np.hypot(centre[0] - eta[place], min(turn, 2 * np.pi - turn)) < 1.5:
                    total += float(np.float16(et))
            expected.append(total)
    assert seen.sums(len(eta), 1.5) == pytest.approx(expected, rel=1e-9)


def test_phi_is_periodic() -> None:
    cell = Table(np.array([0, 1]), {"eta": np.array([170]), "phi": np.array([359]), "et": np.array([8.0])})
    at = np.array([-np.pi + 0.02], np.float32)
    seen = around(Labels(np.array([0, 1]), np.ones(1, np.int8), at * 0, at, at, at), cell, GRID)
    assert seen.d_phi[0] == pytest.approx(-0.02 - np.pi / 360, abs=1e-6)
    assert seen.sums(1, 0.1).tolist() == [8.0]
