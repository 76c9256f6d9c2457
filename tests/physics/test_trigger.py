"""Thresholds, efficiencies, turn-on and failing cells, by hand."""

from typing import Any

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.physics.binning import Axis
from jetflow.physics.faults import fail, failing_cells
from jetflow.physics.trigger import best_scores, efficiency_against_share, threshold_at_rate, turn_on


def test_the_best_score_of_an_event(make_detections: Any) -> None:
    found = make_detections([(0, 1, 0.4, 0, 0), (0, 1, 0.6, 1, 0), (0, 2, 0.9, 0, 0), (2, 1, 0.3, 0, 0)])
    assert best_scores(found, 4, 1).tolist() == pytest.approx([0.6, 0, 0.3, 0])


def test_a_rate_is_kept() -> None:
    """Two of ten crossings at 40 MHz are 8 MHz; of equal scores all pass or none."""
    scores = np.linspace(0.0, 0.9, 10)
    assert threshold_at_rate(scores, 8000, 40_000) == pytest.approx(0.7)
    assert (scores > threshold_at_rate(scores, 8000, 40_000)).sum() == 2
    assert (np.ones(10) > threshold_at_rate(np.ones(10), 8000, 40_000)).sum() == 0
    with pytest.raises(InputError, match="4e\\+03 kHz and more can be told"):
        threshold_at_rate(scores, 100, 40_000)


def test_efficiency_against_share() -> None:
    """Background .1 .2 .3 .4: above .3 is a quarter of it and, of the signal .25 .35 .45, two thirds."""
    found = efficiency_against_share(np.array([0.25, 0.35, 0.45]), np.array([0.1, 0.2, 0.3, 0.4]))
    assert found["share"] == [0.25, 0.5, 0.75]
    assert found["efficiency"] == pytest.approx([2 / 3, 1, 1])


def test_turn_on(make_labels: Any, make_detections: Any) -> None:
    """Scores grow with pT: above the threshold only the hard ones are found, and far detections find nothing."""
    labels = make_labels(4, [(i, 1, 0.0, 0.0, 100.0 * i) for i in range(4)])
    found = make_detections([(i, 1, 0.2 * i, 0.0, 0.0 if i < 3 else 1.0) for i in range(4)])
    curve = turn_on(found, labels, 1, 0.3, 0.4, Axis("pt", np.array([0.0, 150, 250, 350])))
    assert curve["value"] == [0, 1, 0]


def test_failing_cells() -> None:
    """Distinct, nested for one seed; hot ones are full, dead ones empty, the image given is as it was."""
    few, many = failing_cells((5, 6, 2), 3), failing_cells((5, 6, 2), 30)
    assert np.array_equal(few, many[:3])
    assert len(np.unique(many, axis=0)) == 30
    counts = np.full((2, 5, 6, 2), 7, np.uint16)
    for fault, value in (("hot", 1023), ("dead", 0)):
        failed = fail(counts, few, fault, 10)  # type: ignore[arg-type]
        assert (failed == value).sum() == 3 * 2 * 2
        assert (failed == 7).sum() == counts.size - 12
    assert (counts == 7).all()
