"""The learning rate: up in a line, down in half a cosine, zero at the end; or the papers' steps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.config import PhaseConfig
from jetflow.training.schedule import learning_rate, one_cycle


def test_by_hand() -> None:
    """20 of 100 steps warm up: 1/21 of the peak first, the peak at 20, half of it at 60, next to nothing at 99."""
    rates = [one_cycle(step, 100, 2.0, 0.2) for step in range(100)]
    assert rates[0] == pytest.approx(2.0 / 21)
    assert rates[19] == pytest.approx(2.0 * 20 / 21)
    assert rates[20] == 2.0 == max(rates)
    assert rates[60] == pytest.approx(1.0)
    assert rates[99] == pytest.approx(1 - math.cos(math.pi / 80))
    assert one_cycle(100, 100, 2.0, 0.2) == 0


def test_without_warm_up_it_starts_at_the_peak() -> None:
    assert one_cycle(0, 10, 0.5, 0.0) == 0.5
    assert one_cycle(0, 1, 0.5, 0.0) == 0.5


@given(st.integers(1, 1000), st.floats(0, 0.99))
def test_it_rises_once_and_falls_once(steps: int, warm_up: float) -> None:
    rates = [one_cycle(step, steps, 1.0, warm_up) for step in range(steps + 1)]
    assert all(0 <= rate <= 1 for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[0] > 0


def test_the_papers_steps() -> None:
    """1e-3, halved after epochs 2, 3 and 5; ten steps an epoch."""
    phase = PhaseConfig(epochs=7, peak=1e-3, halve_after=(2, 3, 5))
    rates = [learning_rate(phase, step, 10) for step in range(70)]
    assert [rates[10 * epoch] * 8e3 for epoch in range(7)] == pytest.approx([8, 8, 4, 2, 2, 1, 1])
    assert all(len({*rates[10 * epoch : 10 * epoch + 10]}) == 1 for epoch in range(7))


def test_one_cycle_is_the_default() -> None:
    phase = PhaseConfig(epochs=2, peak=0.5, warm_up=0.25)
    assert [learning_rate(phase, step, 4) for step in range(8)] == [one_cycle(step, 8, 0.5, 0.25) for step in range(8)]


def test_a_precision_may_have_a_peak_of_its_own() -> None:
    phase = PhaseConfig(epochs=6, peak=1.5e-3, peaks={"twn": 4e-3})
    assert phase.of("twn") == PhaseConfig(epochs=6, peak=4e-3, peaks={"twn": 4e-3})
    assert phase.of("int8") == phase.of("fpn") == phase
