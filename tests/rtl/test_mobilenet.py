"""PFJet-SSD in small: every kind of node that it has, unrolled and folded in one design, equal to the reference."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, Rounding
from jetflow.rtl import Choices, Stalls, compile_model, lint, simulate, write_design
from jetflow.rtl.folding import clocks_a_pixel, options
from jetflow.rtl.plan import make_plan

ACTIVATION = FixedPoint(True, 8, 4)


def conv(b: GraphBuilder, x: str, name: str, out: int, size: int, rng: np.random.Generator) -> str:
    """A convolution, depthwise where `out` is 0, with scale, bias and PReLU."""
    channels = b.shape(x)[2]
    kernel = rng.integers(-1, 2, (size, size, channels, out or 1))
    x = b.conv2d(x, f"{name}_conv", kernel, TERNARY, (size // 2,) * 4, depthwise=not out)
    channels = out or channels
    scale, bias = rng.integers(-31, 32, channels), rng.integers(-300, 300, channels)
    x = b.scale_bias(x, f"{name}_norm", scale, rng.integers(0, 3, channels), bias, 6)
    x = b.prelu(b.requantise(x, f"{name}_scaled", FixedPoint(True, 11, 5)), f"{name}_prelu", np.arange(channels) % 9, 4)
    return b.requantise(x, f"{name}_act", ACTIVATION)


def mobilenet(rows: int, columns: int) -> Graph:
    """Three stages with padded pooling between them, a gate, a head of 8-bit weights."""
    rng = np.random.default_rng(7)
    b = GraphBuilder("mobilenet")
    x = conv(b, b.input("image", (rows, columns, 2), FixedPoint(False, 5, 4)), "first", 3, 3, rng)
    for s, out in enumerate((4, 5)):
        x = b.requantise(b.average_pool(x, f"pool{s}", 1), f"pooled{s}", ACTIVATION)
        x = conv(b, conv(b, x, f"depthwise{s}", 0, 3, rng), f"pointwise{s}", out, 1, rng)
    sums = b.channel_conv(b.global_sum(x, "sum"), "mix", np.array([3, -5, 2]), FixedPoint(True, 8, 9))
    factor = b.requantise(
        b.hard_sigmoid(sums, "sigmoid"), "factor", FixedPoint(False, 8, 7), Rounding.RND, Overflow.SAT
    )
    x = b.requantise(b.gate(x, factor, "gate"), "gate_act", ACTIVATION)
    x = b.conv2d(x, "head_conv", rng.integers(-128, 128, (3, 3, 5, 2)), FixedPoint(True, 8, 7), (1, 1, 1, 1))
    b.output(b.requantise(x, "head_scaled", FixedPoint(True, 16, 8)), "head")
    return b.graph()


def smallest(graph: Graph) -> Choices:
    """Of every layer the last option that its rate leaves room for; the head follows the gate at a higher rate."""
    plan = make_plan(graph)
    clocks = {layer.name: max(4, clocks_a_pixel(plan, layer)) for layer in plan.layers if layer.window}
    clocks |= {"layer_head": 4, "layer_first_act": 1, "layer_pointwise1_act": 16, "layer_depthwise1_act": 16}
    return {layer.name: options(graph, layer, clocks[layer.name])[-1] for layer in plan.layers if layer.window}


def test_mobilenet_with_a_gate(images: Callable[..., np.ndarray], tmp_path: Path) -> None:
    graph = mobilenet(10, 12)
    choices = smallest(graph)
    assert {choice.style for choice in choices.values()} == {"unrolled", "distributed", "serial", "multiplied"}
    design = write_design(graph, tmp_path / "rtl", tmp_path / "adders", choices)
    assert lint(design) == ""
    model = compile_model(design, tmp_path)
    for stalls in (Stalls(), Stalls(0.4, 0.0, 1), Stalls(0.5, 0.5, 3)):
        result, _ = simulate(design, model, images(graph, 4), stalls, workers=1)
        assert result.first is None and result.differing == 0 and result.events == 4
