"""Adder graphs, operations and stream orders against NumPy, without a simulator."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.errors import ToolError
from jetflow.graph import FixedPoint, Overflow, Rounding, requantise
from jetflow.rtl.adders import adder_graph, solve
from jetflow.rtl.datapath import DatapathBuilder, Field
from jetflow.rtl.order import StreamOrder
from jetflow.rtl.schedule import schedule


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(1, 5), st.sampled_from([1, 3, 100]), st.integers(0, 2**32 - 1))
def test_an_adder_graph_is_its_matrix(inputs: int, outputs: int, largest: int, seed: int) -> None:
    matrix = np.random.default_rng(seed).integers(-largest, largest + 1, (inputs, outputs))
    assert np.array_equal(solve(matrix, [-8] * inputs, [7] * inputs).matrix(), matrix)


def test_a_solved_graph_is_kept_and_a_wrong_one_refused(tmp_path: Path) -> None:
    matrix = np.array([[1, -1], [1, 1]])
    graph = adder_graph(matrix, [0, 0], [3, 3], tmp_path)
    (path,) = tmp_path.glob("*.json")
    assert adder_graph(matrix, [0, 0], [3, 3], tmp_path) == graph
    assert "false" in path.read_text()
    path.write_text(path.read_text().replace("false", "true"))
    with pytest.raises(ToolError, match="not that of its matrix"):
        adder_graph(matrix, [0, 0], [3, 3], tmp_path)


@given(st.integers(-6, 12), st.sampled_from(Rounding), st.sampled_from(Overflow), st.integers(1, 9), st.booleans())
def test_rounding_and_clipping_are_the_references(
    drop: int, rounding: Rounding, overflow: Overflow, bits: int, signed: bool
) -> None:
    values = np.arange(-512, 512)
    target = FixedPoint(signed, bits, 5 - drop)
    builder = DatapathBuilder()
    value = builder.read(0, FixedPoint(True, 10, 5), -512, 511)
    value = builder.clip(builder.round(value, drop, rounding), target, overflow)
    found = builder.finished([Field(value, bits)], 10).evaluate(values[:, None])[:, 0]
    assert np.array_equal(found, requantise(values, 5, target, rounding, overflow))
    assert builder[value].low <= found.min() and found.max() <= builder[value].high


@given(st.integers(0, 1000))
def test_a_product_is_a_sum_of_digits(factor: int) -> None:
    builder = DatapathBuilder()
    value = builder.times(builder.read(0, FixedPoint(True, 6, 0), -32, 31), factor)
    values = np.arange(-32, 32)
    found = builder.finished([Field(value, 20)], 6).evaluate(values[:, None])[:, 0]
    assert np.array_equal(found, factor * values)


def test_no_stage_has_more_levels_than_allowed() -> None:
    builder = DatapathBuilder()
    values = [builder.read(8 * i, FixedPoint(True, 8, 0), -128, 127) for i in range(9)]
    total = values[0]
    for value in values[1:]:
        total = builder.sum(total, value)
    datapath = builder.finished([Field(total, 12)], 72)
    for levels in (1, 2, 3, 8):
        plan = schedule(datapath, levels)
        assert plan.stages == -(-8 // levels)
        for i, operation in enumerate(datapath.operations):
            assert all(plan.stage[j] <= plan.stage[i] <= plan.last[j] for j in operation.reads)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 5), st.integers(1, 8))
def test_an_order_is_undone(rows: int, columns: int, first: int, lanes: int) -> None:
    order = StreamOrder(rows, columns, first % columns, lanes)
    images = np.arange(2 * rows * columns * 3).reshape(2, rows, columns, 3)
    streamed = order.streamed(images)
    assert streamed.shape == (2, order.beats, 3 * lanes)
    assert np.array_equal(order.images(streamed), images)
    for lane in range(min(lanes, rows)):
        assert np.array_equal(streamed[:, 0, 3 * lane : 3 * lane + 3], images[:, lane, order.first])
