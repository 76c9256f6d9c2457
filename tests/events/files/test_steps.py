"""Positions of cells as steps: every table comes back, sorted or not, with empty events and repeated cells."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jetflow.events.files.steps import from_steps, to_steps

ROWS, COLUMNS = 340, 360
events = st.lists(st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1)), max_size=6), max_size=6)


@given(events)
def test_round_trip(made: list[list[tuple[int, int]]]) -> None:
    offsets = np.concatenate([[0], np.cumsum([len(event) for event in made])]).astype(np.int64)
    cells = np.array([cell for event in made for cell in event], np.uint16).reshape(-1, 2)
    step = to_steps(offsets, cells[:, 0], cells[:, 1], COLUMNS)
    eta, phi = from_steps(offsets, step, COLUMNS)
    assert step.dtype == np.uint32
    assert (eta.dtype, phi.dtype) == (np.uint16, np.uint16)
    assert np.array_equal(np.stack([eta, phi], 1), cells)


def test_an_event_is_a_cumulative_sum() -> None:
    """What the schema tells those who read a file by themselves."""
    offsets = np.array([0, 2, 2, 4])
    step = to_steps(offsets, np.array([1, 1, 0, 339], np.uint16), np.array([5, 7, 0, 359], np.uint16), COLUMNS)
    assert step.tolist() == [365, 2, 0, 122_399]
    assert np.divmod(np.cumsum(step[2:4]), COLUMNS)[0].tolist() == [0, 339]


def test_an_impossible_crystal_is_not_hidden() -> None:
    eta, _ = from_steps(np.array([0, 1]), np.array([2**32 - 1], np.uint32), COLUMNS)
    assert eta[0] == 65535
