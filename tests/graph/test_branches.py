"""Nodes of several inputs and the channel gate, against loops over Python integers."""

from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.graph import FixedPoint, GraphBuilder, GraphError, predict

SETTINGS = settings(max_examples=40)
INPUT = FixedPoint(True, 6, 2)
seeds = st.integers(0, 2**32 - 1)
fractions = st.integers(-3, 9)


def image(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32, 32, (2, *shape))


def exact(b: GraphBuilder, x: str, name: str, fraction: int) -> str:
    """`x` on another grid; wide enough to lose nothing but its finer bits."""
    return b.requantise(x, name, FixedPoint(True, 16, fraction))


@SETTINGS
@given(seeds, fractions, fractions)
def test_add_and_concatenate_are_real_arithmetic(seed: int, first: int, second: int) -> None:
    """Values, not mantissas, add: the coarser operand is brought to the finer grid, and nothing is rounded."""
    images = image(seed, 3, 4, 2)
    b = GraphBuilder("g")
    x = b.input("x", (3, 4, 2), INPUT)
    parts = [b.output(exact(b, x, name, f), f"{name}_out") for name, f in (("a", first), ("b", second))]
    b.output(b.add("a", "b", "sum"), "sum_out")
    b.output(b.concatenate(["a", "b", "x"], "all"), "all_out")
    graph = b.graph()
    found = {
        name: np.ldexp(m.astype(float), -graph[name].format.fraction) for name, m in predict(graph, images).items()
    }
    assert graph["sum"].format.fraction == max(first, second)
    assert np.array_equal(found["sum_out"], found[parts[0]] + found[parts[1]])
    assert np.array_equal(found["all_out"], np.concatenate([found["a_out"], found["b_out"], images / 4], 3))


@SETTINGS
@given(seeds, st.integers(1, 5), st.integers(1, 6), st.integers(1, 7), st.sampled_from([1, 3, 5]))
def test_gate(seed: int, rows: int, columns: int, channels: int, size: int) -> None:
    images = image(seed, rows, columns, channels)
    kernel = np.random.default_rng(seed).integers(-128, 128, size)
    b = GraphBuilder("g")
    x = b.input("x", (rows, columns, channels), INPUT)
    mixed = b.channel_conv(b.global_sum(x, "sum"), "mix", kernel, FixedPoint(True, 8, 5))
    b.output(b.hard_sigmoid(mixed, "sigmoid"), "sigmoid_out")
    b.output(b.gate(x, b.requantise("sigmoid", "factor", FixedPoint(False, 7, 6)), "gate"), "y")
    b.output("mix", "mix_out")
    graph = b.graph()
    found = predict(graph, images)
    for event, pixels in enumerate(images):
        sums = pixels.sum((0, 1)).tolist()
        for c in range(channels):
            taps = [(k, c + k - size // 2) for k in range(size)]
            mix = sum(int(kernel[k]) * sums[i] for k, i in taps if 0 <= i < channels)
            assert found["mix_out"][event, 0, 0, c] == mix
            sigmoid = min(max(mix * 2.0**-7 / 4 + 0.5, 0.0), 1.0)
            assert found["sigmoid_out"][event, 0, 0, c] * 2.0**-9 == sigmoid
            factor = floor(sigmoid * 64)
            factor += sigmoid * 64 - factor > 0.5 or (sigmoid * 64 - factor == 0.5 and factor % 2 == 1)
            assert np.array_equal(found["y"][event, :, :, c], pixels[:, :, c] * factor)
    assert graph["mix"].format.fraction == 7 and graph["gate"].format.fraction == 8


@SETTINGS
@given(seeds, st.sampled_from([1, 3, 5]), st.integers(1, 4))
def test_worst_cases_hold_and_are_reached(seed: int, size: int, channels: int) -> None:
    """Constant images reach the bounds of the sum, of the convolution's one-signed kernels and of the product."""
    kernel = np.random.default_rng(seed).integers(1, 128, size) * (-1) ** seed
    b = GraphBuilder("g")
    x = b.input("x", (3, 2, channels), INPUT)
    b.channel_conv(b.global_sum(x, "sum"), "mix", kernel, FixedPoint(True, 8, 5))
    b.requantise(b.hard_sigmoid("mix", "sigmoid"), "factor", FixedPoint(True, 9, 7))
    b.output(b.requantise(b.gate(x, "factor", "gate"), "narrow", FixedPoint(True, 8, 2)), "y")
    b.output(b.add("narrow", x, "add"), "z")
    b.output("sum", "s")
    b.output("mix", "m")
    graph = b.graph()
    ends = np.array([INPUT.minimum, INPUT.maximum]).reshape(2, 1, 1, 1) * np.ones((2, 3, 2, channels), int)
    for images in (image(seed, 3, 2, channels), ends):
        for name, values in predict(graph, images).items():
            low, high, _ = graph.intervals[name]
            assert (low <= values).all() and (values <= high).all(), name
    for name in ("s", "m"):
        values = predict(graph, ends)[name]
        assert values.min((0, 1, 2)).tolist() == graph.intervals[name].low.tolist()
        assert values.max((0, 1, 2)).tolist() == graph.intervals[name].high.tolist()


def test_what_does_not_fit_is_refused() -> None:
    b = GraphBuilder("g")
    x = b.input("x", (3, 4, 2), INPUT)
    b.average_pool(x, "half")
    b.global_sum(x, "sum")
    ones = np.ones(3, np.int64)
    refused = {
        r"^n: adds shapes \(3, 4, 2\) and \(1, 2, 2\)": lambda: b.add(x, "half", "n"),
        r"^n: concatenates maps": lambda: b.concatenate([x, "half"], "n"),
        r"^n: has 1 inputs, 2 to 64 are needed": lambda: b.concatenate([x], "n"),
        r"^n: reads one tensor twice": lambda: b.add(x, x, "n"),
        r"^n: reads shape \(3, 4, 2\), one cell": lambda: b.channel_conv(x, "n", ones, INPUT),
        r"^n: kernel has shape \(2,\), \(3,\)": lambda: b.channel_conv("sum", "n", ones[:2], INPUT),
        r"^n: a weight does not fit": lambda: b.channel_conv("sum", "n", 99 * ones, INPUT),
        r"^n: multiplies \(3, 4, 2\) by \(1, 2, 2\)": lambda: b.gate(x, "half", "n"),
    }
    for message, call in refused.items():
        with pytest.raises(GraphError, match=message):
            call()


def test_grids_that_differ_too_much_are_refused() -> None:
    b = GraphBuilder("g")
    x = b.input("x", (1, 1, 1), FixedPoint(True, 4, 40))
    b.requantise(x, "coarse", FixedPoint(True, 4, 15))
    b.requantise(x, "whole", FixedPoint(True, 4, -2))
    with pytest.raises(GraphError, match=r"^sum: its inputs' grids differ by 25 bits, at most 24"):
        b.add(x, "coarse", "sum")
    with pytest.raises(GraphError, match=r"^sigmoid: reads -2 fractional bits, at least -1"):
        b.hard_sigmoid("whole", "sigmoid")


def test_a_sum_over_the_papers_map_fits_the_24_bit_rule() -> None:
    b = GraphBuilder("g")
    x = b.input("x", (44, 46, 3), FixedPoint(True, 8, 5))
    b.global_sum(x, "sum")
    assert b.format("sum") == FixedPoint(True, 19, 5)
