"""The rules that every back end relies on: what breaks one is refused, and the node is named."""

from dataclasses import replace

import numpy as np
import pytest

from jetflow.graph import (
    TERNARY,
    FixedPoint,
    Graph,
    GraphBuilder,
    GraphError,
    Input,
    Output,
)

COUNTS = FixedPoint(False, 10, 6)
WEIGHTS = FixedPoint(True, 8, 7)
ONE, NONE = np.ones(1, np.int64), np.zeros(1, np.int64)


def start(format: FixedPoint = COUNTS, channels: int = 1) -> tuple[GraphBuilder, str]:
    builder = GraphBuilder("g")
    return builder, builder.input("image", (4, 4, channels), format)


def small() -> Graph:
    builder, x = start()
    x = builder.conv2d(x, "conv", np.ones((1, 1, 1, 1), np.int64), TERNARY)
    builder.output(builder.requantise(x, "act", FixedPoint(True, 7, 4)), "y")
    return builder.graph()


def test_24_bit_rule_names_the_node() -> None:
    """127 * 2**16 is the largest unsigned sum below 2**23: one more bit in the input is too much."""
    kernel = np.ones((1, 1, 127, 1))
    builder, x = start(FixedPoint(False, 16, 0), 127)
    builder.output(builder.conv2d(x, "fits", kernel, TERNARY), "y")
    assert builder.graph()["fits"].format.bits == 23
    builder, x = start(FixedPoint(False, 17, 0), 127)
    with pytest.raises(GraphError, match=r"^wide: .* needs 24 bits, 24 signed bits are allowed"):
        builder.conv2d(x, "wide", kernel, TERNARY)


def test_sums_of_wide_weights_fit_int32() -> None:
    """An int8 sum and its bias may take 32 bits; what comes after their Requantise obeys the 24-bit rule."""
    kernel = np.full((1, 1, 1, 1), 127)
    builder, x = start(FixedPoint(False, 23, 0))
    conv = builder.conv2d(x, "conv", kernel, WEIGHTS)
    norm = builder.scale_bias(conv, "norm", 2 * ONE, NONE, NONE, 0)
    assert builder.format(conv).bits == 30 and builder.format(norm).bits == 31
    with pytest.raises(GraphError, match=r"^more: .* needs 33 bits, 32 signed bits are allowed"):
        builder.scale_bias(norm, "more", 4 * ONE, NONE, NONE, 0)
    with pytest.raises(GraphError, match=r"^prelu: .* needs 31 bits, 24 signed bits are allowed"):
        builder.prelu(norm, "prelu", ONE, 0)
    with pytest.raises(GraphError, match=r"^wide: .* needs 24 bits, 24 signed bits are allowed"):
        builder.requantise(norm, "wide", FixedPoint(True, 25, 7))
    builder.output(builder.requantise(norm, "act", FixedPoint(True, 8, 0)), "y")
    builder.graph()


@pytest.mark.parametrize(("low", "high", "fits"), [(-(2**23), 2**23 - 1, True), (-(2**23) - 1, 0, False)])
def test_24_bit_rule_at_its_ends(low: int, high: int, fits: bool) -> None:
    builder, x = start(FixedPoint(True, 24, 0))
    bias = np.array([low + 2**23])
    if fits:
        assert builder.format(builder.scale_bias(x, "scale", ONE, NONE, bias, 0)) == FixedPoint.covering(low, high, 0)
    else:
        with pytest.raises(GraphError, match=r"^scale: worst case -8388609"):
            builder.scale_bias(x, "scale", ONE, NONE, bias, 0)


@pytest.mark.parametrize(("mantissa", "fits"), [(31, True), (-32, True), (32, False), (-33, False)])
def test_scale_has_six_bits(mantissa: int, fits: bool) -> None:
    builder, x = start()
    if fits:
        builder.scale_bias(x, "scale", np.array([mantissa]), NONE, NONE, 5)
    else:
        with pytest.raises(GraphError, match=r"^scale: .*6 signed bits"):
            builder.scale_bias(x, "scale", np.array([mantissa]), NONE, NONE, 5)


@pytest.mark.parametrize("shift", [-1, 25, 60, 70])
def test_shifts_that_wrap_int64_are_refused(shift: int) -> None:
    """2**10 << 60 is 0 in int64: it must not pass the 24-bit rule."""
    builder, x = start()
    with pytest.raises(GraphError, match=f"^scale: shifts by {shift}"):
        builder.scale_bias(x, "scale", ONE, np.array([shift]), NONE, 5)
    with pytest.raises(GraphError, match=f"^prelu: shifts by {shift}"):
        builder.prelu(x, "prelu", ONE, shift)


def test_weights_that_wrap_int64_are_refused() -> None:
    builder, x = start()
    huge = np.array([2**55])
    with pytest.raises(GraphError, match=r"^prelu: slope .*24 signed bits"):
        builder.prelu(x, "prelu", huge, 4)
    with pytest.raises(GraphError, match=r"^scale: bias .*24 signed bits"):
        builder.scale_bias(x, "scale", ONE, NONE, huge, 4)
    with pytest.raises(GraphError, match=r"^conv: kernel .*24 signed bits"):
        builder.conv2d(x, "conv", huge.reshape(1, 1, 1, 1), FixedPoint(True, 62, 0))


def test_weight_outside_its_format() -> None:
    builder, x = start()
    with pytest.raises(GraphError, match=r"^conv: a weight does not fit fixed<2,2>"):
        builder.conv2d(x, "conv", np.full((1, 1, 1, 1), 2), TERNARY)


def test_name_given_twice() -> None:
    builder, x = start()
    with pytest.raises(GraphError, match=r"^image: the name stands twice"):
        builder.output(x, "image")
    graph = small()
    with pytest.raises(GraphError, match=r"^conv: the name stands twice"):
        Graph("g", (*graph.nodes[:2], *graph.nodes[1:]))


def test_missing_or_later_input() -> None:
    image, conv, act, y = small().nodes
    with pytest.raises(GraphError, match=r"^act: reads conv, which no earlier node makes"):
        Graph("g", (image, act, y))
    with pytest.raises(GraphError, match=r"^act: reads conv, which no earlier node makes"):
        Graph("g", (image, act, conv, y))


def test_one_input_and_some_output() -> None:
    image, conv, act, y = small().nodes
    second = Input("other", (), image.shape, image.format)
    for nodes in ((image, conv, act), (image, second, conv, act, y)):
        with pytest.raises(GraphError, match="one Input and at least one Output"):
            Graph("g", nodes)


@pytest.mark.parametrize("format", [FixedPoint(False, 9, 6), FixedPoint(False, 10, 5), FixedPoint(True, 10, 6)])
def test_format_that_does_not_hold(format: FixedPoint) -> None:
    """Too few bits, another fraction, a sign too much."""
    image, conv, act, y = small().nodes
    with pytest.raises(GraphError, match=r"^conv: u?fixed<\d+,\d> does not hold its worst case 0\.\.1023"):
        Graph("g", (image, replace(conv, format=format), act, y))


def test_wider_format_holds() -> None:
    image, conv, act, y = small().nodes
    Graph("g", (image, replace(conv, format=FixedPoint(True, 12, 6)), act, y))


def test_look_ups() -> None:
    graph = small()
    assert graph.input.name == "image"
    assert [type(node) for node in graph.outputs] == [Output]
    assert graph.parent(graph["act"]) is graph["conv"]
    assert graph.readers("act") == graph.outputs
    assert graph["conv"].ternary


def test_builder_infers_shapes_and_formats() -> None:
    builder, x = start(channels=2)
    kernel = np.zeros((3, 2, 2, 5), np.int64)
    kernel[0, 0] = 1
    conv = builder.conv2d(x, "conv", kernel, WEIGHTS, padding=(1, 0, 0, 1), stride=(2, 1))
    assert builder.shape(conv) == (2, 4, 5)
    assert builder.format(conv) == FixedPoint(False, 11, 13)
    assert builder.bounds(conv).high.tolist() == [2 * 1023] * 5
    depth = builder.conv2d(x, "depth", -np.ones((3, 3, 2, 1), np.int64), TERNARY, depthwise=True)
    assert builder.shape(depth) == (2, 2, 2)
    assert builder.format(depth) == FixedPoint(True, 15, 6)
    pool = builder.average_pool(x, "pool", padding=1)
    assert builder.shape(pool) == (3, 3, 2)
    assert builder.format(pool) == FixedPoint(False, 12, 8)
    prelu = builder.prelu(depth, "prelu", np.array([3, -3]), 4)
    assert builder.format(prelu) == FixedPoint.covering(-9 * 1023 * 3, 9 * 1023 * 3, 10)
    assert builder.format(builder.output(prelu, "y")) == builder.format(prelu)
