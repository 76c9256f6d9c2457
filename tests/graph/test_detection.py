"""Boxes instead of maps: the same scores, the threshold as a real number."""

import numpy as np
import pytest

from jetflow.graph import FixedPoint, Graph, GraphBuilder, GraphError, predict, with_boxes

LOGITS = FixedPoint(True, 8, 3)


def heads(count: int = 3) -> Graph:
    b = GraphBuilder("g")
    x = b.input("x", (4, 5, 6), LOGITS)
    for i, name in enumerate(("offsets", "classes", "regression")[:count]):
        kernel = np.zeros((1, 1, 6, (2, 3, 1)[i]), np.int64)
        kernel[0, 0, (0, 2, 5)[i] :][: kernel.shape[3]] = np.eye(kernel.shape[3])
        b.output(b.conv2d(x, f"{name}_conv", kernel, FixedPoint(True, 2, 0)), name)
    return b.graph()


@pytest.mark.parametrize("threshold", [-2.0, 0.0, 1.3, 1.375])
def test_boxes_of_the_maps(threshold: float) -> None:
    images = np.random.default_rng(1).integers(-128, 128, (6, 4, 5, 6))
    graph = with_boxes(heads(), threshold, top=20)
    assert [output.name for output in graph.outputs] == ["boxes"]
    maps, boxes = predict(heads(), images), predict(graph, images)["boxes"]
    assert boxes.shape == (6, 20, 1, 7)
    score = (maps["classes"][..., 1:].max(3) - maps["classes"][..., 0]) / 8
    for event, rows in enumerate(boxes[:, :, 0]):
        found = rows[rows[:, 0] > 0]
        assert len(found) and (found[:, 3] / 8 > threshold).all()
        kind, row, column, value = found[:, :4].T
        assert np.array_equal(value / 8, score[event, row, column])
        assert np.array_equal(kind, 1 + maps["classes"][event, row, column, 1:].argmax(1))
        assert np.array_equal(found[:, 4:6], maps["offsets"][event, row, column])
        assert np.array_equal(found[:, 6], maps["regression"][event, row, column, 0])
        assert score[event].max() == value[0] / 8, "the best cell of all is the first box"


def test_a_score_on_the_threshold_is_not_above_it() -> None:
    images = np.zeros((1, 4, 5, 6), np.int64)
    images[0, 1, 1, 3] = 11  # 1.375
    for threshold, count in ((1.374, 1), (1.375, 0)):
        boxes = predict(with_boxes(heads(), threshold, 3), images)["boxes"]
        assert (boxes[..., 0] > 0).sum() == count


def test_other_outputs_are_refused() -> None:
    with pytest.raises(GraphError, match=r"^g: has 2 outputs, boxes need offsets, class logits, regression"):
        with_boxes(heads(2), 0.0, 3)
