"""Suppression of all groups at once against the plain greedy loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.physics.suppression import best_of_each, suppress


def iou(a: np.ndarray, b: np.ndarray, size: float) -> float:
    """Of two square boxes at (eta, phi), phi periodic."""
    d_phi = abs(a[1] - b[1])
    overlap = max(size - abs(a[0] - b[0]), 0) * max(size - min(d_phi, 2 * np.pi - d_phi), 0)
    return overlap / (2 * size**2 - overlap)


def plain(group: np.ndarray, position: np.ndarray, size: float, limit: float) -> list[bool]:
    kept: list[int] = []
    for i in range(len(group)):
        if all(group[j] != group[i] or iou(position[i], position[j], size) <= limit for j in kept):
            kept.append(i)
    return [i in kept for i in range(len(group))]


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.sampled_from([0.1, 0.25, 0.6]))
def test_as_the_plain_loop(seed: int, candidates: int, limit: float) -> None:
    random = np.random.default_rng(seed)
    group = np.sort(random.integers(0, 4, candidates))
    position = random.uniform([-1, -np.pi], [1, np.pi], (candidates, 2)).astype(np.float32)
    found = suppress(group, position[:, 0], position[:, 1], 0.8, limit)
    assert found.tolist() == plain(group, position, 0.8, limit)


def test_by_hand() -> None:
    """Boxes of side 0.8 apart by d in eta overlap by IoU (0.8 - d) / (0.8 + d): 1/4 at 0.48; groups do not meet."""
    eta = np.array([0.0, 0.47, 0.49, 0.0], np.float32)
    assert suppress(np.array([0, 0, 0, 1]), eta, np.zeros(4, np.float32), 0.8, 0.25).tolist() == [
        True,
        False,
        True,
        True,
    ]
    seam = np.array([3.1, -3.1], np.float32)
    assert suppress(np.array([0, 0]), np.zeros(2, np.float32), seam, 0.8, 0.25).tolist() == [True, False]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.1, 0.2, 0.3])), max_size=30), st.integers(1, 5))
def test_the_best_of_each_event(found: list[tuple[int, float]], top: int) -> None:
    event = np.array([e for e, _ in found], np.int64)
    score = np.array([s for _, s in found], np.float32)
    expected = []
    for e in set(event.tolist()):
        own = [i for i in range(len(found)) if event[i] == e]
        expected += sorted(own, key=lambda i: (-score[i], i))[:top]
    assert best_of_each(event, score, top).tolist() == sorted(expected)


@pytest.mark.parametrize("number", [0, 1])
def test_few(number: int) -> None:
    one = np.zeros(number, np.float32)
    assert suppress(np.zeros(number, np.int64), one, one, 0.8, 0.25).tolist() == [True] * number
