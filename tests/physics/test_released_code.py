"""AP against the papers' released code: its matching loop and its scikit-learn call, on the same detections."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from jetflow.config import ModelConfig
from jetflow.physics import evaluate
from jetflow.physics.evaluation import ALL

DISTANCE = 0.4


def rows(detections: Any, labels: Any) -> dict[int, list[tuple[float, int]]]:
    """By class (score, truth): each label takes the best near detection of its class; a missed one has score 0."""
    found: dict[int, list[tuple[float, int]]] = {}
    for event in range(len(labels.offsets) - 1):
        own = np.flatnonzero(detections.event == event)
        own = own[np.argsort(-detections.score[own], kind="stable")]
        true = dict.fromkeys(own.tolist(), 0)
        for label in range(labels.offsets[event], labels.offsets[event + 1]):
            class_id = int(labels.class_id[label])
            for i in own:
                turn = abs(labels.phi[label] - detections.phi[i])
                apart = np.hypot(labels.eta[label] - detections.eta[i], min(turn, 2 * np.pi - turn))
                if apart <= DISTANCE and detections.class_id[i] == class_id:
                    true[int(i)] = 1
                    break
            else:
                found.setdefault(class_id, []).append((0.0, 1))
        for i, truth in true.items():
            found.setdefault(int(detections.class_id[i]), []).append((float(detections.score[i]), truth))
    return found


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_ap_is_that_of_the_released_code(seed: int) -> None:
    """Labels of one event are further apart than two distances and have one detection at most within one, of any class.

    There the rules agree: which detection a label takes, and that none is taken twice.
    """
    random = np.random.default_rng(seed)
    jets, found = [], []
    for event in range(12):
        for place in random.permutation(5)[: random.integers(1, 4)]:
            eta, phi, class_id = place - 2.0, random.uniform(-np.pi, np.pi), int(random.integers(1, 4))
            jets.append((event, class_id, eta, phi))
            if random.random() < 0.7:
                right = class_id if random.random() < 0.6 else int(random.integers(1, 4))
                turned = (phi + random.normal(0, 0.2) + np.pi) % (2 * np.pi) - np.pi
                found.append((event, right, random.random(), eta + random.normal(0, 0.05), turned))
        found.append((event, int(random.integers(1, 4)), random.random(), 5.0, 0.0))
    labels, detections = tables(jets, found)
    figures = evaluate(CONFIG, detections, labels).figures["ap_with_missed"]
    expected = rows(detections, labels)
    for class_id, name in enumerate(CONFIG.classes, 1):
        if any(truth for _, truth in expected.get(class_id, [])):
            score, truth = zip(*expected[class_id], strict=True)
            assert figures[name] == pytest.approx(average_precision_score(truth, score)), name
    score, truth = zip(*(row for of_class in expected.values() for row in of_class), strict=True)
    assert figures[ALL] == pytest.approx(average_precision_score(truth, score))


def tables(jets: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> tuple[Any, Any]:
    """Labels and detections of (event, class, eta, phi) and (event, class, score, eta, phi)."""
    from jetflow.events import Labels
    from jetflow.physics import Detections

    event, class_id, eta, phi = (np.array(column) for column in zip(*jets, strict=True))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(event, minlength=12))])
    ones = np.full(len(eta), 100.0, np.float32)
    labels = Labels(offsets, class_id.astype(np.int8), eta.astype(np.float32), phi.astype(np.float32), ones, ones)
    event, class_id, score, eta, phi = (np.array(column) for column in zip(*found, strict=True))
    floats = (column.astype(np.float32) for column in (score, eta, phi, np.ones_like(eta)))
    return labels, Detections(event, class_id.astype(np.int8), *floats)


PHASES = {name: {"epochs": 1, "peak": 1.0} for name in ("fpn", "quantised", "folded")}
KINDS = {"first": "int8", "body": "ternary", "heads": "int8"}
CONFIG = ModelConfig.model_validate(
    {
        "schema": "jetflow-model-2",
        "name": "tiny",
        "network": {"stages": [[3]]},
        "precision": {"twn": KINDS, "int8": KINDS},
        "detection": {"match_distance": DISTANCE},
        "training": {"phases": PHASES},
    }
)
