"""Reference and C simulation agree in every word of every layer, on both back ends. No tolerance anywhere."""

import tempfile
from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, GraphError, Overflow, PhiPadding, Rounding
from jetflow.graph.comparison import SimulationResult
from jetflow.hls import BACKENDS

Run = Callable[..., SimulationResult]
Graphs = dict[str, Callable[..., Graph]]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["small", "layers", "branches"])
def test_every_layer_is_exact(name: str, backend: str, graphs: Graphs, simulated: Run, tmp_path: Path) -> None:
    graph = graphs[name]()
    result = simulated(graph, tmp_path, backend)
    assert result.first is None and result.differing == 0
    assert {output.name for output in graph.outputs} <= {node.node for node in result.nodes}
    assert all(node.words == 6 * prod(graph[node.node].shape) for node in result.nodes)


@st.composite
def designs(draw: st.DrawFn) -> Graph:
    """Five branches of one image, each a block with everything drawn: kernel, padding, formats, weights, modes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    b = GraphBuilder("drawn")
    shape = tuple(draw(st.integers(1, most)) for most in (9, 11, 4))
    x = b.input("image", shape, FixedPoint(draw(st.booleans()), draw(st.integers(1, 9)), draw(st.integers(-3, 12))))
    try:
        for i in range(5):
            b.output(_branch(draw, b, x, f"b{i}", rng), f"out{i}")
        return b.graph()
    except GraphError as error:
        if "24 signed bits" not in str(error):
            raise
        reject()  # drawn wider than a graph may be


def _branch(draw: st.DrawFn, b: GraphBuilder, x: str, name: str, rng: np.random.Generator) -> str:
    def modes() -> tuple[Rounding, Overflow]:
        return draw(st.sampled_from(Rounding)), draw(st.sampled_from(Overflow))

    rows, columns, channels = b.shape(x)
    high, wide, out = draw(st.integers(1, min(3, rows))), draw(st.integers(1, min(3, columns))), draw(st.integers(1, 4))
    top, bottom, left, right = (draw(st.integers(0, min(2, columns))) for _ in range(4))
    ternary = draw(st.booleans())
    weights = TERNARY if ternary else FixedPoint(True, draw(st.integers(2, 8)), draw(st.integers(-2, 10)))
    low, end = (-1, 2) if ternary else (weights.minimum, weights.maximum + 1)
    kernel = rng.integers(low, end, (high, wide, channels, out))
    phi = draw(st.sampled_from(PhiPadding))
    x = b.conv2d(x, f"{name}_conv", kernel, weights, (top, bottom, left, right), phi)
    scale, shift, bias = rng.integers(-31, 32, out), rng.integers(0, 2, out), rng.integers(-99, 99, out)
    x = b.scale_bias(x, f"{name}_norm", scale, shift, bias, draw(st.integers(0, 7)))
    fraction = b.format(x).fraction - draw(st.integers(-2, 9))
    target = FixedPoint(draw(st.booleans()), draw(st.integers(1, 12)), fraction)
    x = b.requantise(x, f"{name}_scaled", target, *modes())
    x = b.prelu(x, f"{name}_prelu", rng.integers(-16, 17, out), 4)
    if min(b.shape(x)[:2]) > 1 and draw(st.booleans()):
        x = b.requantise(x, f"{name}_inner", FixedPoint(True, draw(st.integers(2, 9)), fraction), *modes())
        x = b.average_pool(x, f"{name}_pool", draw(st.integers(0, 1)))
    return b.requantise(x, f"{name}_act", FixedPoint(True, draw(st.integers(2, 9)), fraction), *modes())


def _is_exact(graph: Graph, backend: str, simulated: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert simulated(graph, Path(folder), backend).first is None


@settings(max_examples=2, database=None, phases=[Phase.explicit, Phase.generate])  # shrinking would compile for minutes
@given(designs(), st.sampled_from(BACKENDS))
def test_any_formats_and_shapes(simulated: Run, graph: Graph, backend: str) -> None:
    _is_exact(graph, backend, simulated)


@pytest.mark.nightly
@settings(max_examples=60)
@given(designs(), st.sampled_from(BACKENDS))
def test_many_formats_and_shapes(simulated: Run, graph: Graph, backend: str) -> None:
    _is_exact(graph, backend, simulated)


def test_what_is_all_rounded_away(simulated: Run, tmp_path: Path) -> None:
    """Found by Hypothesis: ap_types asserts where a rounding drops more bits than the exact value has."""
    b = GraphBuilder("tiny")
    x = b.input("image", (1, 1, 1), FixedPoint(False, 1, 9))
    for i, mode in enumerate(Rounding):
        y = b.prelu(x, f"prelu{i}", np.array([-6]), 4) if i % 2 else x
        b.output(b.requantise(y, f"rounded{i}", FixedPoint(True, 2, i), mode), f"out{i}")
    assert simulated(b.graph(), tmp_path).differing == 0
