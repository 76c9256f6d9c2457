"""Average precision by hand, against scikit-learn, and what it must not depend on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from jetflow.physics.matching import Matches
from jetflow.physics.metrics import ap_11_point, area_ap, bootstrap_weights, curves, precision_at_recall, spread


def matches(true: list[int], truths: list[int], event: list[int] | None = None) -> Matches:
    """Detections by falling score, and the truths of every event."""
    index = np.arange(len(true))
    where = np.array(event if event is not None else [0] * len(true), np.int64)
    return Matches(where, np.array(true, bool), np.where(true, index, -1), index, np.array(truths, np.int64))


def test_by_hand() -> None:
    """True, false, true, false of three truths: recall 1/3, 1/3, 2/3, 2/3 at precision 1, 1/2, 2/3, 1/2.

    Recalls 0 to .3 see precision 1, .4 to .6 see 2/3, .7 to 1 are not reached.
    """
    m = matches([1, 0, 1, 0], [2, 1])
    assert ap_11_point(m) == pytest.approx((4 * 1 + 3 * 2 / 3) / 11)
    assert area_ap(m) == pytest.approx((1 + 2 / 3) / 3)
    assert precision_at_recall(m, 0.3) == 1
    assert precision_at_recall(m, 0.5) == pytest.approx(2 / 3)
    assert precision_at_recall(m, 0.7) == 0


def test_precision_at_a_recall_is_the_best_at_or_beyond_it() -> None:
    """False, true, true of two: precision 1/2 at recall 1/2, and 2/3 at recall 1."""
    assert precision_at_recall(matches([0, 1, 1], [2]), 0.5) == pytest.approx(2 / 3)


def test_perfect_and_empty() -> None:
    perfect = matches([1] * 7, [3, 4])
    assert ap_11_point(perfect) == 1
    assert area_ap(perfect) == pytest.approx(1)
    for m in (matches([], [3]), matches([0, 0], [3]), matches([], [0]), matches([0], [0])):
        assert ap_11_point(m) == area_ap(m) == 0


def test_recall_of_ten_truths_reaches_every_tenth() -> None:
    """3 of 10 is recall .3, not .30000000000000004 missed by rounding."""
    for found in range(1, 11):
        m = matches([1] * found, [10])
        assert ap_11_point(m) == pytest.approx((found + 1) / 11)
        assert area_ap(m) == pytest.approx(found / 10)


truth_flags = st.lists(st.booleans(), min_size=1, max_size=60).filter(any)


@given(truth_flags, st.integers(0, 20))
def test_area_is_that_of_scikit_learn(true: list[bool], missed: int) -> None:
    """Which knows no missed truths: theirs times the share of truths that were found."""
    found = sum(true)
    theirs = average_precision_score(true, -np.arange(len(true)))
    assert area_ap(matches(true, [found + missed])) == pytest.approx(theirs * found / (found + missed))


@settings(max_examples=50)
@given(truth_flags, st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_weights_are_repeated_events(true: list[bool], missed: int, seed: int) -> None:
    """An event of weight 2 counts as two events with the same detections, side by side in score."""
    random = np.random.default_rng(seed)
    events = 6
    event = random.integers(0, events, len(true))
    truths = np.bincount(event[np.array(true)], minlength=events) + random.integers(0, missed + 1, events)
    weights = random.integers(0, 3, events)
    copies = np.repeat(np.arange(len(true)), weights[event])
    m = matches(list(true), truths.tolist(), event.tolist())
    twice = matches([true[i] for i in copies], (truths * weights).tolist())
    both = curves(m, np.stack([weights, np.ones(events, np.int64)]))
    assert both.ap_11_point() == pytest.approx([ap_11_point_of_last_copies(twice, copies), ap_11_point(m)])
    assert both.area_ap()[1] == pytest.approx(area_ap(m))


def ap_11_point_of_last_copies(m: Matches, copies: np.ndarray) -> float:
    """11-point AP where the curve has a point after the last copy of each detection alone."""
    last = np.append(copies[1:] != copies[:-1], True) if len(copies) else np.zeros(0, bool)
    total = m.truths.sum()
    recall = np.cumsum(m.true)[last] / max(total, 1)
    precision = (np.cumsum(m.true) / np.arange(1, len(m.true) + 1))[last]
    return float(np.mean([precision[recall >= r / 10 - 1e-12].max(initial=0) for r in range(11)])) if total else 0.0


def test_bootstrap_draws_as_many_events_with_replacement() -> None:
    first, again, other = (list(np.concatenate(list(bootstrap_weights(30, 50, seed, 7)))) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert len(first) == 50
    assert all(len(w) == 30 and w.sum() == 30 for w in first)
    assert np.mean(first, 0) == pytest.approx(1.0, abs=0.6)
    assert np.mean([(w == 0).mean() for w in first]) == pytest.approx(np.exp(-1), abs=0.05)


def test_bootstrap_error_is_that_of_a_mean() -> None:
    """One truth and one certain detection an event, found in half of them: area AP spreads as a binomial share does.

    With true ones first the area is the found share f of n events, whose error is sqrt(f (1 - f) / n).
    """
    n = 400
    m = matches([1] * (n // 2), [1] * n, list(range(n // 2)))
    samples = np.concatenate([curves(m, weights).area_ap() for weights in bootstrap_weights(n, 400, 0)])
    assert np.mean(samples) == pytest.approx(0.5, abs=0.005)
    assert np.std(samples) == pytest.approx(np.sqrt(0.25 / n), rel=0.12)


def test_spread() -> None:
    middle, half = spread(np.random.default_rng(0).normal(3.0, 0.5, 20000))
    assert middle == pytest.approx(3.0, abs=0.02)
    assert half == pytest.approx(0.5, rel=0.03)
    assert np.isnan(spread(np.zeros(0))).all()


def test_missed_labels_at_score_0() -> None:
    """True, false and one missed of two labels: recall 1/2 at precision 1, then 1 at precision 2/3."""
    c = curves(matches([1, 0], [2]))
    assert c.ap_with_missed().tolist() == pytest.approx([0.5 * 1 + 0.5 * 2 / 3])
    assert curves(matches([], [3])).ap_with_missed().tolist() == [1.0], "nothing but missed labels"
    assert curves(matches([0], [0])).ap_with_missed().tolist() == [0.0]
