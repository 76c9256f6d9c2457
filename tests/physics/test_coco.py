"""11-point AP, matching included, against pycocotools' evaluation of the same detections."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from jetflow.events import Labels
from jetflow.physics import Detections
from jetflow.physics.matching import match
from jetflow.physics.metrics import ap_11_point

SIDE = 10.0  # of COCO's boxes, in units that make a jet at (eta, phi) a box around 100 x them


def coco_ap(truth: list[tuple[int, float]], found: list[tuple[int, float, float]], events: int) -> float:
    """AP of one class at IoU 0.5 with 11 recalls; truth (event, eta), found (event, score, eta)."""

    def box(eta: float) -> list[float]:
        return [100 * eta, 0.0, SIDE, SIDE]

    annotations = [
        {"id": i + 1, "image_id": e, "category_id": 1, "bbox": box(eta), "area": SIDE**2, "iscrowd": 0}
        for i, (e, eta) in enumerate(truth)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        ground = COCO()
        ground.dataset = {
            "images": [{"id": e} for e in range(events)],
            "categories": [{"id": 1}],
            "annotations": annotations,
        }
        ground.createIndex()
        detected = ground.loadRes(
            [{"image_id": e, "category_id": 1, "bbox": box(eta), "score": score} for e, score, eta in found]
        )
        run = COCOeval(ground, detected, "bbox")
        run.params.iouThrs = np.array([0.5])
        run.params.recThrs = np.arange(11) / 10 - 1e-12  # 3 of 10 are a recall of .3
        run.params.maxDets = [100]
        run.params.areaRng, run.params.areaRngLbl = [[0, 1e10]], ["all"]
        run.evaluate()
        run.accumulate()
    return float(run.eval["precision"][0, :, 0, 0, 0].mean())


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_ap_is_that_of_pycocotools(seed: int) -> None:
    """Boxes of side 10 in a row, apart by d, have IoU (10 - d) / (10 + d): 0.5 at d = 10/3, our distance 1/30."""
    random = np.random.default_rng(seed)
    events = 6
    truth = sorted((int(random.integers(events)), float(random.integers(10)) / 5) for _ in range(15))
    truth = sorted(set(truth))
    found = []
    for score in random.permutation(np.linspace(0.1, 0.9, 30)):
        event, eta = truth[random.integers(len(truth))]
        found.append((event, float(score), eta + float(random.choice([0.0, 0.01, 0.02, 0.05, 0.1]))))
    counts = np.bincount([event for event, _ in truth], minlength=events)
    eta = np.array([eta for _, eta in truth], np.float32)
    zero, ones = np.zeros_like(eta), np.ones(len(truth), np.int8)
    labels = Labels(np.concatenate([[0], np.cumsum(counts)]), ones, eta, zero, zero, zero)
    event, score, place = (np.array(column) for column in zip(*found, strict=True))
    none = np.zeros(len(found), np.float32)
    detections = Detections(
        event, np.ones(len(found), np.int8), score.astype(np.float32), place.astype(np.float32), none, none
    )
    ours = ap_11_point(match(detections, labels, 1, 1 / 30))
    assert ours == pytest.approx(coco_ap(truth, found, events))
