"""Detect against a plain search: every cell, class and tie, with the wrap in phi."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.graph import FixedPoint, Graph, GraphBuilder, GraphError, predict

INPUT = FixedPoint(True, 4, 1)


def detector(rows: int, columns: int, classes: int, threshold: int, top: int) -> Graph:
    """Heads that are slices of the image: one channel each for offsets and regression, 1 x 1 convolutions pick them."""
    b = GraphBuilder("g")
    channels = 2 + classes + 1
    x = b.input("x", (rows, columns, channels), INPUT)
    heads, first = [], 0
    for name, size in (("offsets", 2), ("classes", classes), ("regression", 1)):
        kernel = np.zeros((1, 1, channels, size), np.int64)
        kernel[0, 0, first : first + size] = np.eye(size)
        heads.append(b.conv2d(x, name, kernel, FixedPoint(True, 2, 0)))
        first += size
    b.output(b.detect(heads[0], heads[1], heads[2], "detect", threshold, top), "boxes")
    return b.graph()


class Box(NamedTuple):
    """Sorts as the firmware does."""

    minus_score: int
    row: int
    column: int
    kind: int


def search(image: np.ndarray, classes: int, threshold: int, top: int) -> list[list[int]]:
    rows, columns, _ = image.shape
    logits = image[..., 2 : 2 + classes].tolist()

    def box(row: int, column: int) -> Box:
        cell = logits[row][column]
        return min(Box(cell[0] - cell[kind], row, column, kind) for kind in range(1, classes))

    kept = []
    for row in range(rows):
        for column in range(columns):
            mine = box(row, column)
            around = [
                box(row + i, (column + j) % columns)
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
                if 0 <= row + i < rows and (i, j) != (0, 0)
            ]
            if -mine.minus_score > threshold and all(mine <= other for other in around):
                kept.append(mine)
    cells = [
        [b.kind, b.row, b.column, -b.minus_score, *image[b.row, b.column, [0, 1, -1]].tolist()]
        for b in sorted(kept)[:top]
    ]
    return cells + [[0] * 7] * (top - len(cells))


@settings(max_examples=80)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 6),
    st.integers(1, 7),
    st.integers(2, 4),
    st.integers(-6, 6),
    st.integers(1, 12),
    st.integers(1, 8),
)
def test_boxes(seed: int, rows: int, columns: int, classes: int, threshold: int, top: int, spread: int) -> None:
    """A small spread makes ties the rule."""
    images = np.random.default_rng(seed).integers(-spread, spread, (3, rows, columns, 3 + classes))
    graph = detector(rows, columns, classes, threshold, top)
    found = predict(graph, images)["boxes"]
    assert found.shape == (3, top, 1, 7)
    assert found[:, :, 0].tolist() == [search(image, classes, threshold, top) for image in images]
    low, high, _ = graph.intervals["detect"]
    assert (low <= found).all() and (found <= high).all()


def test_boxes_turn_with_the_detector() -> None:
    random = np.random.default_rng(3)
    scores = random.permutation(5 * 8 * 3).reshape(1, 5, 8, 3) % 16 - 8  # ties are broken by column, so few of them
    images = np.concatenate([random.integers(-8, 8, (1, 5, 8, 2)), scores, random.integers(-8, 8, (1, 5, 8, 1))], 3)
    graph = detector(5, 8, 3, 0, 40)
    boxes, turned = (
        {tuple(box) for box in predict(graph, batch)["boxes"][0, :, 0].tolist() if box[0]}
        for batch in (images, np.roll(images, 3, axis=2))
    )
    strict = {(k, r, (c + 3) % 8, *rest) for k, r, c, *rest in boxes}
    assert len(strict & turned) >= len(turned) - 2 and len(turned) > 3


def test_only_an_output_reads_boxes() -> None:
    b = GraphBuilder("g")
    x = b.input("x", (3, 4, 2), INPUT)
    heads = [b.requantise(x, name, INPUT) for name in ("a", "b", "c")]
    b.detect(*heads, name="detect", threshold=0, top=2)
    b.output(b.requantise("detect", "rounded", FixedPoint(True, 8, 0)), "y")
    with pytest.raises(GraphError, match=r"^rounded: reads the boxes of a Detect, which only an Output may"):
        b.graph()


def test_heads_that_do_not_fit_are_refused() -> None:
    b = GraphBuilder("g")
    x = b.input("x", (4, 4, 2), INPUT)
    half, one = b.average_pool(x, "half"), b.conv2d(x, "one", np.ones((1, 1, 2, 1)), INPUT)
    other = b.requantise(x, "other", INPUT)
    with pytest.raises(GraphError, match=r"^d: heads of"):
        b.detect(half, x, other, "d", 0, 1)
    with pytest.raises(GraphError, match=r"^d: class scores of one channel"):
        b.detect(x, one, other, "d", 0, 1)
    with pytest.raises(GraphError, match=r"^d: top 0"):
        b.detect(other, x, one, "d", 0, 0)
