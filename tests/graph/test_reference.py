"""The reference executor against loops over Python integers, and its symmetry in phi."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding, execute, predict

SETTINGS = settings(max_examples=40)
INPUT = FixedPoint(True, 7, 3)
WEIGHTS = FixedPoint(True, 8, 5)
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


def draw(random: np.random.Generator, *shape: int, low: int = -64, high: int = 64) -> np.ndarray:
    return random.integers(low, high, shape)


def naive_conv(
    image: np.ndarray,
    kernel: np.ndarray,
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    circular: bool,
    depthwise: bool,
) -> list[list[list[int]]]:
    """One event, from the definition: zero beyond eta, zero or the other side beyond phi."""
    rows, columns, channels = image.shape
    tall, wide = kernel.shape[:2]
    top, bottom, left, right = padding

    def at(row: int, column: int, channel: int) -> int:
        if circular:
            column %= columns
        return int(image[row, column, channel]) if 0 <= row < rows and 0 <= column < columns else 0

    def total(i: int, j: int, out: int) -> int:
        return sum(
            at(i * stride[0] - top + u, j * stride[1] - left + v, c) * int(kernel[u, v, c, 0 if depthwise else out])
            for u in range(tall)
            for v in range(wide)
            for c in ([out] if depthwise else range(channels))
        )

    return [
        [
            [total(i, j, out) for out in range(channels if depthwise else kernel.shape[3])]
            for j in range((columns + left + right - wide) // stride[1] + 1)
        ]
        for i in range((rows + top + bottom - tall) // stride[0] + 1)
    ]


@SETTINGS
@given(
    seed=seeds,
    shape=st.tuples(sizes, sizes, st.integers(1, 3)),
    kernel_shape=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    out=st.integers(1, 3),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    eta=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    phi=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    circular=st.booleans(),
    depthwise=st.booleans(),
)
def test_conv(
    seed: int,
    shape: tuple[int, int, int],
    kernel_shape: tuple[int, int],
    out: int,
    stride: tuple[int, int],
    eta: tuple[int, int],
    phi: tuple[int, int],
    circular: bool,
    depthwise: bool,
) -> None:
    random = np.random.default_rng(seed)
    # never smaller than the kernel
    shape = (max(shape[0], kernel_shape[0]), max(shape[1], kernel_shape[1]), shape[2])
    kernel = draw(random, *kernel_shape, shape[2], 1 if depthwise else out, low=-128, high=128)
    padding = (*eta, *phi)
    mode = PhiPadding.CIRCULAR if circular else PhiPadding.ZERO
    builder = GraphBuilder("g")
    x = builder.input("x", shape, INPUT)
    builder.output(builder.conv2d(x, "conv", kernel, WEIGHTS, padding, mode, stride, depthwise), "y")
    images = draw(random, 2, *shape)
    found = predict(builder.graph(), images)["y"]
    assert found.dtype == np.int64
    expected = [naive_conv(image, kernel, stride, padding, circular, depthwise) for image in images]
    assert found.tolist() == expected


@SETTINGS
@given(seeds, st.integers(2, 7), st.integers(2, 7), st.integers(0, 1))
def test_average_pool(seed: int, rows: int, columns: int, padding: int) -> None:
    """Odd sizes and padding, as PyTorch's AvgPool2d(2, 2, padding): the sum, with two more fractional bits."""
    random = np.random.default_rng(seed)
    image = draw(random, 1, rows, columns, 2)
    builder = GraphBuilder("g")
    builder.output(builder.average_pool(builder.input("x", (rows, columns, 2), INPUT), "pool", padding), "y")
    graph = builder.graph()

    def at(row: int, column: int, channel: int) -> int:
        inside = 0 <= row < rows and 0 <= column < columns
        return int(image[0, row, column, channel]) if inside else 0

    expected = [
        [
            [sum(at(2 * i - padding + u, 2 * j - padding + v, c) for u in (0, 1) for v in (0, 1)) for c in range(2)]
            for j in range((columns + 2 * padding) // 2)
        ]
        for i in range((rows + 2 * padding) // 2)
    ]
    assert predict(graph, image)["y"][0].tolist() == expected
    assert graph["pool"].format.fraction == INPUT.fraction + 2


@SETTINGS
@given(seeds, st.integers(0, 8))
def test_prelu(seed: int, slope_fraction: int) -> None:
    random = np.random.default_rng(seed)
    image, slope = draw(random, 1, 3, 4, 5), draw(random, 5, low=-300, high=300)
    builder = GraphBuilder("g")
    x = builder.input("x", (3, 4, 5), INPUT)
    builder.output(builder.prelu(x, "prelu", slope, slope_fraction), "y")
    expected = [
        [[int(v) * (2**slope_fraction if v > 0 else int(s)) for v, s in zip(cell, slope, strict=True)] for cell in row]
        for row in image[0]
    ]
    graph = builder.graph()
    assert predict(graph, image)["y"][0].tolist() == expected
    assert graph["prelu"].format.fraction == INPUT.fraction + slope_fraction


@SETTINGS
@given(seeds, st.integers(-2, 8))
def test_scale_shift_bias(seed: int, scale_fraction: int) -> None:
    random = np.random.default_rng(seed)
    image = draw(random, 1, 2, 3, 4)
    scale, shift, bias = draw(random, 4, low=-32, high=32), draw(random, 4, low=0, high=6), draw(random, 4)
    builder = GraphBuilder("g")
    x = builder.input("x", (2, 3, 4), INPUT)
    builder.output(builder.scale_bias(x, "scale", scale, shift, bias, scale_fraction), "y")
    parameters = list(zip(scale.tolist(), shift.tolist(), bias.tolist(), strict=True))
    expected = [
        [[int(v) * s * 2**n + b for v, (s, n, b) in zip(cell, parameters, strict=True)] for cell in row]
        for row in image[0]
    ]
    graph = builder.graph()
    assert predict(graph, image)["y"][0].tolist() == expected
    assert graph["scale"].format.fraction == INPUT.fraction + scale_fraction


def network(random: np.random.Generator, phi: PhiPadding) -> Graph:
    """Two stages of convolutions with everything between them, on 4 x 8."""
    builder = GraphBuilder("g")
    x = builder.input("x", (4, 8, 2), INPUT)
    for stage, channels in ((1, 3), (2, 4)):
        kernel = draw(random, 3, 3, builder.shape(x)[2], channels, low=-1, high=2)
        x = builder.conv2d(x, f"conv{stage}", kernel, TERNARY, (1, 1, 1, 1), phi)
        scale, shift = draw(random, channels, low=-31, high=32), draw(random, channels, low=0, high=2)
        x = builder.scale_bias(x, f"norm{stage}", scale, shift, draw(random, channels), 5)
        x = builder.requantise(x, f"scaled{stage}", FixedPoint(True, 8, 4))
        x = builder.prelu(x, f"prelu{stage}", draw(random, channels, low=-16, high=17), 4)
        x = builder.requantise(x, f"act{stage}", FixedPoint(True, 7, 3))
        if stage == 1:
            x = builder.requantise(builder.average_pool(x, "pool"), "pooled", FixedPoint(True, 7, 4))
    builder.output(x, "y")
    return builder.graph()


@SETTINGS
@given(seeds, st.integers(-4, 4))
def test_rotation_of_the_detector(seed: int, cells: int) -> None:
    """A circular network turns with its input; one output cell is two input cells wide."""
    random = np.random.default_rng(seed)
    graph = network(random, PhiPadding.CIRCULAR)
    images = draw(random, 3, 4, 8, 2)
    turned = predict(graph, np.roll(images, 2 * cells, axis=2))["y"]
    assert turned.tolist() == np.roll(predict(graph, images)["y"], cells, axis=2).tolist()


def test_zero_padding_does_not_turn() -> None:
    """So the test above can fail."""
    random = np.random.default_rng(1)
    graph = network(random, PhiPadding.ZERO)
    images = draw(random, 3, 4, 8, 2)
    turned = predict(graph, np.roll(images, 2, axis=2))["y"]
    assert turned.tolist() != np.roll(predict(graph, images)["y"], 1, axis=2).tolist()


def test_batches_do_not_matter() -> None:
    random = np.random.default_rng(2)
    graph = network(random, PhiPadding.CIRCULAR)
    images = draw(random, 7, 4, 8, 2)
    assert predict(graph, images, workers=3)["y"].tolist() == predict(graph, images)["y"].tolist()
    assert predict(graph, images[:0])["y"].shape == (0, 2, 4, 4)


def test_execute_keeps_what_is_asked_for() -> None:
    graph = network(np.random.default_rng(3), PhiPadding.ZERO)
    images = np.zeros((1, 4, 8, 2), np.int64)
    assert list(execute(graph, images)) == [node.name for node in graph]
    assert list(execute(graph, images, ["pool", "conv1"])) == ["conv1", "pool"]


def test_bad_images_are_refused() -> None:
    graph = network(np.random.default_rng(4), PhiPadding.ZERO)
    with pytest.raises(ValueError, match=r"\(4, 7, 2\).*\(4, 8, 2\)"):
        execute(graph, np.zeros((1, 4, 7, 2), np.int64))
    for value in (64, -65):
        with pytest.raises(ValueError, match=f"{value}.*fixed<7,4>"):
            execute(graph, np.full((1, 4, 8, 2), value))
    with pytest.raises(ValueError, match="float64"):
        execute(graph, np.full((1, 4, 8, 2), 0.5))
