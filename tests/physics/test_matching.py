"""Detections against truth: each truth once, the best score first, phi periodic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.events import Labels
from jetflow.physics import Detections
from jetflow.physics.matching import match, match_boxes
from jetflow.physics.metrics import ap_11_point, area_ap

Jet = tuple[int, int, float, float]  # event, class, eta, phi


def labels(events: int, jets: list[Jet], base: int = 0) -> Labels:
    jets = sorted(jets, key=lambda jet: jet[0])
    columns = list(zip(*jets, strict=True)) if jets else [()] * 4
    counts = np.bincount(np.array(columns[0], np.int64), minlength=events)
    offsets = base + np.concatenate([[0], np.cumsum(counts)])
    eta, phi = (np.array(column, np.float32) for column in columns[2:])
    return Labels(offsets, np.array(columns[1], np.int8), eta, phi, np.ones_like(eta), np.ones_like(eta))


def detections(*found: tuple[int, int, float, float, float]) -> Detections:
    """Of (event, class, score, eta, phi)."""
    event, class_id, score, eta, phi = zip(*found, strict=True) if found else [()] * 5
    values = [np.array(v, np.float32) for v in (score, eta, phi)]
    return Detections(np.array(event, np.int64), np.array(class_id, np.int8), *values, np.ones(len(event), np.float32))


def test_one_truth_is_found_once() -> None:
    """Two detections at one jet: the better one is true, wherever it stands and although the other is nearer."""
    truth = labels(1, [(0, 1, 0.0, 0.0)])
    m = match(detections((0, 1, 0.5, 0.01, 0.0), (0, 1, 0.9, 0.3, 0.0)), truth, 1, 0.4)
    assert m.detection.tolist() == [1, 0]
    assert m.true.tolist() == [True, False]
    assert m.truth.tolist() == [0, -1]


def test_the_nearest_truth_is_taken() -> None:
    truth = labels(1, [(0, 1, 0.0, 0.0), (0, 1, 0.3, 0.0), (0, 1, 0.5, 0.0)])
    assert match(detections((0, 1, 0.9, 0.28, 0.1)), truth, 1, 0.4).truth.tolist() == [1]


def test_a_used_truth_leaves_the_next_one() -> None:
    """Both detections lie nearest to the first jet; the second one finds the other within reach."""
    truth = labels(1, [(0, 1, 0.0, 0.0), (0, 1, 0.3, 0.0)])
    m = match(detections((0, 1, 0.9, 0.1, 0.0), (0, 1, 0.8, 0.05, 0.0)), truth, 1, 0.4)
    assert m.truth.tolist() == [0, 1]


@pytest.mark.parametrize(("apart", "found"), [(0.39, True), (0.41, False)])
def test_distance_in_eta_and_phi(apart: float, found: bool) -> None:
    truth = labels(1, [(0, 1, 0.5, 1.0)])
    for eta, phi in ((apart, 0.0), (0.0, -apart), (apart * 0.6, apart * 0.8)):
        assert match(detections((0, 1, 0.5, 0.5 + eta, 1.0 + phi)), truth, 1, 0.4).true.tolist() == [found]


@pytest.mark.parametrize(
    ("eta", "phi", "found"), [(0.26, 0.0, True), (0.0, -0.27, False), (0.14, 0.14, True), (0.15, 0.15, False)]
)
def test_boxes_that_overlap(eta: float, phi: float, found: bool) -> None:
    """Of side .8 and an IoU of .5: two thirds of .64 in common, .8 (.8 - .267) or (.8 - .147)**2; across the seam."""
    truth = labels(1, [(0, 1, 0.5, 3.1)])
    turned = (3.1 + phi + np.pi) % (2 * np.pi) - np.pi
    assert match_boxes(detections((0, 1, 0.5, 0.5 + eta, turned)), truth, 1, 0.8, 0.5).true.tolist() == [found]


@pytest.mark.parametrize("sign", [1, -1])
def test_phi_is_periodic(sign: int) -> None:
    """0.3 apart across the seam."""
    m = match(
        detections((0, 1, 0.5, 0.0, sign * (np.pi - 0.1))), labels(1, [(0, 1, 0.0, -sign * (np.pi - 0.2))]), 1, 0.4
    )
    assert m.true.all()


def test_classes_and_events_are_kept_apart() -> None:
    truth = labels(3, [(0, 1, 0.0, 0.0), (1, 2, 0.0, 0.0), (2, 1, 0.0, 0.0), (2, 2, 1.0, 1.0)])
    m = match(detections((1, 1, 0.9, 0.0, 0.0), (0, 1, 0.8, 0.0, 0.0), (0, 2, 0.7, 0.0, 0.0)), truth, 1, 0.4)
    assert m.event.tolist() == [1, 0]
    assert m.true.tolist() == [False, True]
    assert m.truths.tolist() == [1, 0, 1]
    assert match(detections((1, 2, 0.5, 0.0, 0.0)), truth, 2, 0.4).truths.tolist() == [0, 1, 1]


def test_labels_of_a_slice() -> None:
    """Offsets that do not begin at zero."""
    m = match(detections((1, 1, 0.5, 0.5, 0.0)), labels(2, [(0, 1, 0.0, 0.0), (1, 1, 0.5, 0.0)], base=70), 1, 0.4)
    assert m.truth.tolist() == [1]


def test_nothing_found_and_nothing_there() -> None:
    assert match(detections(), labels(2, [(0, 1, 0.0, 0.0)]), 1, 0.4).truths.tolist() == [1, 0]
    assert match(detections((0, 1, 0.5, 0.0, 0.0)), labels(2, []), 1, 0.4).true.tolist() == [False]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_events_does_not_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    events, found, there = 8, 30, 12
    jets = [(int(random.integers(events)), 1, *random.uniform(-1, 1, 2)) for _ in range(there)]
    score = random.permutation(np.linspace(0.1, 0.9, found))  # no two alike
    seen = [(int(random.integers(events)), 1, score[i], *random.uniform(-1, 1, 2)) for i in range(found)]
    order = random.permutation(events)
    figures = []
    for place in (np.arange(events), order):
        moved = [(int(place[event]), *rest) for event, *rest in seen]
        random.shuffle(moved)
        m = match(detections(*moved), labels(events, [(int(place[event]), *rest) for event, *rest in jets]), 1, 0.4)
        figures.append((ap_11_point(m), area_ap(m)))
    assert figures[0] == figures[1]


def plain(found: list[tuple[int, int, float, float, float]], truth: list[Jet], distance: float) -> list[int]:
    """The label of every detection of class 1, best score first, by the plain loop; `truth` is sorted by event."""
    used: set[int] = set()
    matched = []
    for event, _, _, eta, phi in sorted((d for d in found if d[1] == 1), key=lambda d: -d[2]):
        near = []
        for i, (in_event, class_id, *at) in enumerate(truth):
            d_phi = abs(at[1] - phi)
            apart = np.hypot(at[0] - eta, min(d_phi, 2 * np.pi - d_phi))
            if i not in used and in_event == event and class_id == 1 and apart < distance:
                near.append((apart, i))
        matched.append(min(near)[1] if near else -1)
        used.add(matched[-1])
        used.discard(-1)
    return matched


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_as_the_plain_loop(seed: int) -> None:
    """Crowded events, so that detections compete for labels and labels for detections."""
    random = np.random.default_rng(seed)

    def some(number: int) -> list[tuple[int, int, float, float]]:
        spots = random.uniform([-0.5, 2.8], [0.5, 3.6], (number, 2))
        phi = (spots[:, 1] + np.pi) % (2 * np.pi) - np.pi
        kinds = random.integers([0, 1], [3, 3], (number, 2))
        return [(int(e), int(c), float(eta), float(p)) for (e, c), eta, p in zip(kinds, spots[:, 0], phi, strict=True)]

    truth = sorted(some(12), key=lambda jet: jet[0])
    scores = random.permutation(np.linspace(0.1, 0.9, 30))
    found = [(e, c, float(s), eta, phi) for (e, c, eta, phi), s in zip(some(30), scores, strict=True)]
    assert match(detections(*found), labels(3, truth), 1, 0.4).truth.tolist() == plain(found, truth, 0.4)
