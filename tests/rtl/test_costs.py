"""What folded layers are estimated to cost is what Yosys maps them to, within 6%."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Rounding
from jetflow.rtl import Implementation, Style
from jetflow.rtl.costs import layer_cost
from jetflow.rtl.design import modules_of
from jetflow.rtl.mapping import map_module
from jetflow.rtl.plan import make_plan
from jetflow.rtl.sources import hand_written, with_parts


def one_block(channels: int, depthwise: bool) -> Graph:
    """A ternary convolution, scale and bias, PReLU, of as many channels as come."""
    rng, act = np.random.default_rng(0), FixedPoint(True, 8, 4)
    b = GraphBuilder("block")
    x = b.input("image", (12, 12, channels), act)
    kernel = rng.integers(-1, 2, (3, 3, channels, 1 if depthwise else channels))
    x = b.conv2d(x, "conv", kernel, TERNARY, (1, 1, 1, 1), depthwise=depthwise)
    scale, shift = rng.integers(-31, 32, channels), rng.integers(0, 3, channels)
    x = b.scale_bias(x, "norm", scale, shift, rng.integers(-200, 200, channels), 6)
    x = b.requantise(x, "scaled", FixedPoint(True, 9, 5))
    x = b.prelu(x, "prelu", rng.integers(-16, 17, channels), 4)
    b.output(b.requantise(x, "act", act, Rounding.RND), "out")
    return b.graph()


@pytest.mark.parametrize(
    ("channels", "depthwise", "way"),
    [
        pytest.param(5, False, Implementation(Style.SERIAL, 13, 1), id="serial"),
        pytest.param(6, True, Implementation(Style.DISTRIBUTED, 4, 2), id="distributed, depthwise"),
        pytest.param(8, False, Implementation(Style.SERIAL, 7, 2), id="digits of 2", marks=pytest.mark.nightly),
        pytest.param(8, False, Implementation(Style.SERIAL, 4, 4), id="digits of 4", marks=pytest.mark.nightly),
        pytest.param(8, False, Implementation(Style.DISTRIBUTED, 4, 2), id="distributed", marks=pytest.mark.nightly),
        pytest.param(16, True, Implementation(Style.SERIAL, 11, 1), id="depthwise", marks=pytest.mark.nightly),
    ],
)
def test_a_folded_layer_is_mapped_to_its_estimate(
    channels: int, depthwise: bool, way: Implementation, tmp_path: Path
) -> None:
    graph = one_block(channels, depthwise)
    layer = replace(make_plan(graph).layers[0], implementation=way)
    texts = {path.stem: path.read_text() for path in hand_written()} | modules_of(graph, layer, tmp_path)
    mapped = map_module(layer.name, with_parts(texts, layer.name), tmp_path)
    area, _ = layer_cost(graph, layer, tmp_path)
    assert abs(area.lut / mapped.lut - 1) < 0.06
    assert abs(area.ff / mapped.ff - 1) < 0.2
    assert area.dsp == mapped.dsp and abs(area.bram18 - mapped.bram18) <= 1
