"""The fast reference equals the plain one in every word; its proofs of exactness are as wide as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SAMPLE

from jetflow.events import load_counts
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding, execute
from jetflow.graph.fast import FastReference, expected_words, predict
from jetflow.graph.floats import exact
from jetflow.model import find_model

SETTINGS = settings(max_examples=40)
WIDE = FixedPoint(True, 8, 7)
seeds = st.integers(0, 2**32 - 1)


def random_format(random: np.random.Generator, fraction: int) -> FixedPoint:
    """A format of 2 to 12 bits whose grid is up to six bits coarser or three finer than `fraction`."""
    return FixedPoint(bool(random.integers(2)), int(random.integers(2, 13)), fraction + int(random.integers(-6, 4)))


def random_graph(seed: int) -> Graph:
    """Blocks of random kind and shape: strides, paddings, depthwise, wide weights, all roundings and overflows."""
    random = np.random.default_rng(seed)
    b = GraphBuilder("random")
    shape = tuple(int(n) for n in random.integers(4, 9, 2))
    x = b.input("x", (*shape, int(random.integers(1, 5))), FixedPoint(bool(random.integers(2)), 6, 3))
    for i in range(int(random.integers(1, 4))):
        rows, columns, channels = b.shape(x)
        depthwise, wide = bool(random.integers(2)), bool(random.integers(2))
        size = tuple(int(random.integers(1, min(n, 3) + 1)) for n in (rows, columns))
        out = 1 if depthwise else int(random.integers(1, 6))
        limit = 128 if wide else 2
        kernel = random.integers(1 - limit, limit, (*size, channels, out))
        padding = tuple(int(n) for n in random.integers(0, 3, 4))
        stride = tuple(int(n) for n in random.integers(1, 3, 2))
        phi = PhiPadding.CIRCULAR if random.integers(2) else PhiPadding.ZERO
        x = b.conv2d(x, f"conv{i}", kernel, WIDE if wide else TERNARY, padding, phi, stride, depthwise)
        channels = b.shape(x)[2]
        scale, shift = random.integers(-31, 32, channels), random.integers(0, 3, channels)
        x = b.scale_bias(x, f"norm{i}", scale, shift, random.integers(-200, 200, channels), 5)
        modes = list(Rounding)[random.integers(7)], list(Overflow)[random.integers(4)]
        x = b.requantise(x, f"scaled{i}", random_format(random, b.format(x).fraction), *modes)
        x = b.prelu(x, f"prelu{i}", random.integers(-16, 17, channels) * random.integers(2), 4)
        x = b.requantise(x, f"act{i}", FixedPoint(True, 6, b.format(x).fraction - 3), Rounding.RND)
        if min(b.shape(x)[:2]) >= 2 and random.integers(2):
            x = b.average_pool(x, f"pool{i}", padding=int(random.integers(2)))
            x = b.requantise(x, f"pooled{i}", FixedPoint(True, 7, b.format(x).fraction - 1), Rounding.RND_CONV)
    b.output(x, "y")
    b.output(b.prelu(x, "bare", np.ones(b.shape(x)[2]), 0), "z")
    return b.graph()


def random_images(graph: Graph, count: int) -> np.ndarray:
    """Random mantissas of the whole range; the first two images all minimum and all maximum."""
    low, high = graph.input.format.minimum, graph.input.format.maximum
    images = np.random.default_rng(0).integers(low, high + 1, (count, *graph.input.shape))
    images[:2] = np.array([low, high]).reshape(2, 1, 1, 1)
    return images


def assert_equal(graph: Graph, images: np.ndarray) -> None:
    expected = execute(graph, images, [node.name for node in graph.outputs])
    found = predict(graph, images)
    assert list(found) == [node.name for node in graph.outputs]
    for name, words in found.items():
        assert words.dtype == np.int64
        np.testing.assert_array_equal(words, expected[name], err_msg=name)


@SETTINGS
@given(seeds)
def test_random_networks(seed: int) -> None:
    graph = random_graph(seed)
    assert_equal(graph, random_images(graph, 5))


@pytest.mark.parametrize("rounding", list(Rounding))
def test_every_rounding_and_overflow(rounding: Rounding) -> None:
    """All mantissas of ten bits, to coarser and finer grids, narrower and wider formats."""
    b = GraphBuilder("rounding")
    x = b.input("x", (32, 32, 1), FixedPoint(True, 10, 4))
    for bits, fraction in ((5, 1), (10, 0), (3, -7), (12, 6), (20, 3)):
        for signed in (True, False):
            for overflow in Overflow:
                name = f"{bits}_{fraction}_{signed}_{overflow}".replace("-", "m")
                y = b.requantise(x, name, FixedPoint(signed, bits, fraction), rounding, overflow)
                b.output(y, f"out_{name}")
    images = np.arange(-512, 512).reshape(1, 32, 32, 1)
    assert_equal(b.graph(), images)


def test_branches() -> None:
    """The gate, a sum, a concatenation and boxes run in the integers of the reference."""
    random, b = np.random.default_rng(1), GraphBuilder("branches")
    x = b.input("x", (5, 6, 4), FixedPoint(True, 5, 3))
    mean = b.requantise(b.global_sum(x, "sum"), "mean", FixedPoint(True, 9, 3))
    factor = b.hard_sigmoid(b.channel_conv(mean, "mix", random.integers(-9, 9, 3), FixedPoint(True, 8, 6)), "sigmoid")
    gated = b.requantise(
        b.gate(x, b.requantise(factor, "factor", FixedPoint(False, 7, 6)), "gate"), "g", FixedPoint(True, 6, 3)
    )
    x = b.add(x, gated, "add")
    heads = [
        b.conv2d(x, name, random.integers(-2, 3, (1, 1, 4, n)), WIDE) for name, n in (("o", 2), ("c", 4), ("r", 1))
    ]
    b.output(b.concatenate(heads, "all"), "maps")
    b.output(b.detect(*heads, "detect", 2, 4), "boxes")
    graph = b.graph()
    assert_equal(graph, random_images(graph, 9))


def wide(bits: int, weight: int) -> Graph:
    """A sum of four products of `bits`-bit words and 8-bit weights, read twice: on a coarse grid, and its low end."""
    b = GraphBuilder("wide")
    kernel = np.full((1, 1, 4, 1), weight)
    conv = b.conv2d(b.input("x", (2, 3, 4), FixedPoint(False, bits, 0)), "conv", kernel, FixedPoint(True, 8, 0))
    b.output(b.requantise(conv, "act", FixedPoint(True, 12, -18)), "high")
    b.output(b.requantise(conv, "same", FixedPoint(True, 24, 0)), "low")
    return b.graph()


@pytest.mark.parametrize(
    ("bits", "weight", "kind"), [(16, 64, np.float32), (16, 65, np.float64), (22, 127, np.float64)]
)
def test_sums_beyond_24_bits_take_float64(bits: int, weight: int, kind: type) -> None:
    """4 * 64 * (2**16 - 1) is below 2**24, 4 * 65 * (2**16 - 1) is not."""
    graph = wide(bits, weight)
    assert exact(graph, graph["conv"], np.float32) == (kind is np.float32)
    assert {step.name: step.kind for step in FastReference(graph).steps}["conv"] is kind
    images = random_images(graph, 40)
    assert_equal(graph, images)


def test_float32_would_be_wrong_there() -> None:
    """So the proof is needed, and the test above can fail."""
    graph = wide(22, 127)
    images = random_images(graph, 40)
    sums = (images.astype(np.float32) @ graph["conv"].kernel[0, 0].astype(np.float32)).astype(np.int64)
    assert (sums != execute(graph, images, ["conv"])["conv"]).any()


def test_half_a_unit_counts() -> None:
    """The sums of `wide` stay below 2**24, but not with the half that rounding adds."""
    graph = wide(16, 64)
    assert not exact(graph, graph["act"], np.float32) and exact(graph, graph["act"], np.float64)


def test_wrapping_runs_in_integers() -> None:
    b = GraphBuilder("wrap")
    x = b.input("x", (2, 2, 1), FixedPoint(True, 8, 0))
    b.output(b.requantise(x, "low", FixedPoint(True, 3, 0), overflow=Overflow.WRAP), "y")
    graph = b.graph()
    assert all(step.kind is None for step in FastReference(graph).steps)
    assert_equal(graph, random_images(graph, 9))


def test_number_of_images_and_of_workers_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetflow.graph.fast.WORDS", 400)  # a few images together
    graph = random_graph(3)
    images = random_images(graph, 11)
    assert_equal(graph, images)
    one = predict(graph, images, workers=1)
    assert all(np.array_equal(one[name], words) for name, words in predict(graph, images, workers=3).items())
    assert predict(graph, images[:0])["y"].shape == (0, *graph["y"].shape)


def test_words_of_a_gate_are_those_of_either_reference() -> None:
    graph = random_graph(5)
    images = random_images(graph, 3)
    plain = execute(graph, images)
    for names in (["z"], ["y", "z"], ["act0", "y"]):
        found = expected_words(graph, images, names)
        assert set(found) == set(names) and all(np.array_equal(found[name], plain[name]) for name in names)


def test_bad_images_are_refused() -> None:
    graph = wide(8, 1)
    for images, message in ((np.zeros((1, 2, 2, 4), int), "shape"), (np.full((1, 2, 3, 4), 256), "range")):
        with pytest.raises(ValueError, match=message):
            predict(graph, images)


def shipped(name: str, events: int) -> tuple[Graph, np.ndarray]:
    """A shipped network and real events."""
    model = find_model(name)
    image = model.config.input
    counts = load_counts(SAMPLE, image.channels, image.shape, image.lsb_gev, image.bits, 0, events)
    return model.graph("twn"), counts


def test_shipped_network_on_real_events() -> None:
    assert_equal(*shipped("jetssd-tower-small", 16))


@pytest.mark.nightly
def test_wide_network_on_256_real_events() -> None:
    graph, images = shipped("jetssd-tower-wide", 256)
    for first in range(0, 256, 32):
        assert_equal(graph, images[first : first + 32])
