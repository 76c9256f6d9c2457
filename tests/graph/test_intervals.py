"""Worst-case intervals: random inputs never leave them, and where a convolution promises to be tight, it is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding, execute

WEIGHTS = FixedPoint(True, 8, 3)
SETTINGS = settings(max_examples=40)
seeds = st.integers(0, 2**32 - 1)
inputs = st.builds(FixedPoint, st.booleans(), st.integers(1, 7), st.integers(-3, 9))


def images(random: np.random.Generator, format: FixedPoint, shape: tuple[int, ...], events: int = 20) -> np.ndarray:
    """Uniform images; half of their values lie at the ends of the range or at zero, where extremes are."""
    ends = random.choice([format.minimum, 0, format.maximum], (events, *shape))
    anywhere = random.integers(format.minimum, format.maximum + 1, (events, *shape))
    return np.where(random.random((events, *shape)) < 0.5, ends, anywhere)


def assert_inside(graph: Graph, batch: np.ndarray) -> None:
    for name, values in execute(graph, batch).items():
        bounds = graph.intervals[name]
        assert (values.min((0, 1, 2)) >= bounds.low).all(), name
        assert (values.max((0, 1, 2)) <= bounds.high).all(), name


@SETTINGS
@given(seeds, inputs, st.booleans(), st.sampled_from(list(PhiPadding)))
def test_conv_stays_inside(seed: int, format: FixedPoint, depthwise: bool, phi: PhiPadding) -> None:
    random = np.random.default_rng(seed)
    builder = GraphBuilder("g")
    x = builder.input("x", (4, 5, 2), format)
    kernel = random.integers(-128, 128, (3, 3, 2, 1 if depthwise else 3))
    builder.output(builder.conv2d(x, "conv", kernel, WEIGHTS, (1, 1, 1, 1), phi, depthwise=depthwise), "y")
    assert_inside(builder.graph(), images(random, format, (4, 5, 2)))


@SETTINGS
@given(seeds, inputs, st.booleans())
def test_conv_reaches_both_ends(seed: int, format: FixedPoint, depthwise: bool) -> None:
    """The image that has the extreme of its range under every weight of the right sign, channel by channel."""
    random = np.random.default_rng(seed)
    builder = GraphBuilder("g")
    x = builder.input("x", (3, 3, 2), format)
    kernel = random.integers(-128, 128, (3, 3, 2, 1 if depthwise else 4))
    builder.output(builder.conv2d(x, "conv", kernel, WEIGHTS, depthwise=depthwise), "y")
    graph = builder.graph()
    bounds = graph.intervals["conv"]
    for channel in range(len(bounds.low)):
        seen = kernel[..., 0] if depthwise else kernel[..., channel]
        most = np.where(seen > 0, format.maximum, format.minimum)
        least = np.where(seen > 0, format.minimum, format.maximum)
        result = execute(graph, np.stack([least, most]))["conv"][:, 0, 0, channel]
        assert result.tolist() == [bounds.low[channel], bounds.high[channel]]


@SETTINGS
@given(seeds, inputs, st.integers(0, 1), st.sampled_from(list(Rounding)), st.sampled_from(list(Overflow)))
def test_chain_stays_inside(seed: int, format: FixedPoint, padding: int, rounding: Rounding, over: Overflow) -> None:
    random = np.random.default_rng(seed)
    builder = GraphBuilder("g")
    x = builder.input("x", (4, 4, 3), format)
    x = builder.scale_bias(
        x, "scale", random.integers(-32, 32, 3), random.integers(0, 4, 3), random.integers(-300, 300, 3), 4
    )
    x = builder.requantise(x, "first", FixedPoint(bool(seed % 2), 6, format.fraction + 1), rounding, over)
    x = builder.prelu(x, "prelu", random.integers(-20, 20, 3), 4)
    x = builder.average_pool(x, "pool", padding)
    x = builder.requantise(x, "last", FixedPoint(True, 4, format.fraction), rounding, over)
    builder.output(x, "y")
    assert_inside(builder.graph(), images(random, format, (4, 4, 3)))


def test_what_saturates_symmetrically_stays_inside() -> None:
    """Found by Hypothesis: everything below the range lands on -maximum, not on the minimum."""
    builder = GraphBuilder("g")
    x = builder.input("x", (2, 2, 1), FixedPoint(False, 1, 0))
    x = builder.scale_bias(x, "scale", np.array([-1]), np.array([0]), np.array([-300]), 0)
    x = builder.requantise(x, "sym", FixedPoint(True, 6, 0), Rounding.RND, Overflow.SAT_SYM)
    builder.output(x, "y")
    bounds = builder.graph().intervals["sym"]
    assert (bounds.low.tolist(), bounds.high.tolist()) == ([-31], [-31])


@SETTINGS
@given(seeds, st.integers(0, 1))
def test_prelu_and_pool_reach_both_ends(seed: int, padding: int) -> None:
    """Constant images: of the least, zero and the largest value."""
    random = np.random.default_rng(seed)
    format = FixedPoint(True, 5, 2)
    builder = GraphBuilder("g")
    x = builder.input("x", (4, 4, 6), format)
    x = builder.prelu(x, "prelu", random.integers(-20, 20, 6), 4)
    builder.output(builder.average_pool(x, "pool", padding), "y")
    graph = builder.graph()
    values = np.array([format.minimum, 0, format.maximum])
    batch = np.broadcast_to(values[:, None, None, None], (3, 4, 4, 6))
    for name, result in execute(graph, batch, ["prelu", "pool"]).items():
        bounds = graph.intervals[name]
        assert result.min((0, 1, 2)).tolist() == bounds.low.tolist()
        assert result.max((0, 1, 2)).tolist() == bounds.high.tolist()


def test_partial_sums_stay_inside() -> None:
    """Zero counts as a value of every input: with inputs of 4..5 a partial sum may be smaller than any full one."""
    builder = GraphBuilder("g")
    x = builder.input("x", (2, 2, 1), FixedPoint(False, 1, 0))
    x = builder.scale_bias(x, "offset", np.array([1]), np.array([0]), np.array([4]), 0)
    x = builder.conv2d(x, "conv", np.array([1, -1]).reshape(1, 2, 1, 1), TERNARY)
    builder.output(x, "y")
    bounds = builder.graph().intervals["conv"]
    assert (bounds.low.tolist(), bounds.high.tolist()) == ([-5], [5])
