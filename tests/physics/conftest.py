"""Small hand-made labels and detections."""

from collections.abc import Callable

import numpy as np
import pytest

from jetflow.events import Labels
from jetflow.physics import Detections

Rows = list[tuple[int, int, float, float, float]]


@pytest.fixture(scope="session")
def make_labels() -> Callable[[int, Rows], Labels]:
    """From a number of events and (event, class, eta, phi, pT), sorted by event; masses are 100 GeV."""

    def make(events: int, jets: Rows) -> Labels:
        event, class_id, *values = zip(*jets, strict=True) if jets else [()] * 5
        offsets = np.concatenate([[0], np.cumsum(np.bincount(np.array(event, np.int64), minlength=events))])
        eta, phi, pt = (np.array(v, np.float32) for v in values)
        return Labels(offsets, np.array(class_id, np.int8), eta, phi, pt, np.full_like(pt, 100))

    return make


@pytest.fixture(scope="session")
def make_detections() -> Callable[[Rows], Detections]:
    """From (event, class, score, eta, phi); 150 GeV regressed."""

    def make(found: Rows) -> Detections:
        event, class_id, *values = zip(*found, strict=True) if found else [()] * 5
        score, eta, phi = (np.array(v, np.float32) for v in values)
        return Detections(
            np.array(event, np.int64), np.array(class_id, np.int8), score, eta, phi, np.full_like(eta, 150)
        )

    return make
