"""The grid: indices, wrap in phi, towers of whole crystals."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jetflow.events import Grid

GRID = Grid()


def test_shapes_and_edge() -> None:
    assert GRID.crystal_shape == (340, 360)
    assert GRID.tower_shape == (68, 72)
    assert abs(GRID.eta_max - 2.958) < 1e-12


@given(st.integers(0, 339))
def test_row_of_a_centre(row: int) -> None:
    centre = GRID.eta_centre(np.array([row]))
    assert GRID.eta_index(centre)[0] == row
    assert abs(centre[0] - (-2.958 + 0.0174 * (row + 0.5))) < 1e-9


@given(st.integers(0, 359), st.floats(0.01, 0.99), st.integers(-3, 3))
def test_phi_is_periodic(column: int, share: float, turns: int) -> None:
    phi = -np.pi + (column + share) * np.pi / 180 + turns * 2 * np.pi
    assert GRID.phi_index(np.array([phi]))[0] == column


@given(st.floats(-10, 10))
def test_mirror_in_eta(eta: float) -> None:
    row, mirrored = GRID.eta_index(np.array([eta, -eta]))
    on_an_edge = abs(eta / 0.0174 - round(eta / 0.0174)) < 1e-6
    assert on_an_edge or row + mirrored == 339
