"""ONNX Runtime and QONNX's executor compute the graph's integers, every node of it, whatever the formats."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, GraphError, Overflow, PhiPadding, Rounding
from jetflow.graph.comparison import SimulationResult

Graphs = dict[str, Callable[[], Graph]]
Compared = Callable[..., SimulationResult]

RUNTIMES = ["onnxruntime", "unoptimised", "qonnx"]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", ["chain", "branches", "more_boxes_than_cells", "one_column"])
def test_every_node_equals_the_reference(name: str, runtime: str, graphs: Graphs, compared: Compared) -> None:
    graph = graphs[name]()
    result = compared(graph, runtime)
    assert len(result.nodes) == len(graph.nodes)
    assert result.first is None


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("rounding", Rounding)
def test_every_rounding_of_every_value(
    rounding: Rounding, runtime: str, rounding_graph: Callable[[Rounding], Graph], compared: Compared
) -> None:
    """All 1024 values, each overflow mode, into nine formats; one image holds them all."""
    graph = rounding_graph(rounding)
    values = np.arange(-512, 512).reshape(1, *graph.input.shape)
    assert compared(graph, runtime, values).first is None


def test_ties_and_empty_slots_are_among_the_boxes(graphs: Graphs) -> None:
    """The equality of `branches` would say little if no two scores were equal."""
    from jetflow.graph import execute

    graph = graphs["branches"]()
    images = np.random.default_rng(1).integers(-16, 16, (40, *graph.input.shape))
    boxes = execute(graph, images, ["boxes"])["boxes"][:, :, 0]
    scores = boxes[..., 3]
    assert ((scores[:, :-1] == scores[:, 1:]) & (scores[:, 1:] > 0)).any()
    assert (boxes[..., 0] == 0).any() and (boxes[..., 0] > 0).any()


@pytest.mark.parametrize("runtime", ["onnxruntime", "qonnx"])
@pytest.mark.parametrize("rounding", Rounding)
def test_the_ends_of_24_bits(rounding: Rounding, runtime: str, compared: Compared) -> None:
    """Mantissas around 2**23, where the move by half a unit takes the 25th bit, and around zero."""
    b = GraphBuilder("ends")
    x = b.input("image", (1, 32, 1), FixedPoint(True, 24, 20))
    for drop in (1, 2, 12, 22, 23, 24, 26):
        y = b.requantise(x, f"drop{drop}", FixedPoint(True, 24, 20 - drop), rounding)
        b.output(b.requantise(y, f"narrow{drop}", FixedPoint(True, 8, 20 - drop), rounding), f"out{drop}")
    ends = [*range(-(2**23), -(2**23) + 8), *range(-8, 8), *range(2**23 - 8, 2**23)]
    assert compared(b.graph(), runtime, np.array(ends).reshape(1, 1, 32, 1)).first is None


formats = st.builds(FixedPoint, st.booleans(), st.integers(2, 18), st.integers(-3, 14))


@st.composite
def convolutions(draw: st.DrawFn) -> Graph:
    """One convolution of any kind and one rounding of any kind."""
    b, seed = GraphBuilder("drawn"), draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    shape = draw(st.integers(1, 6)), draw(st.integers(1, 7)), draw(st.integers(1, 4))
    x = b.input("image", shape, FixedPoint(draw(st.booleans()), draw(st.integers(2, 10)), draw(st.integers(-2, 8))))
    ternary, depthwise = draw(st.booleans()), draw(st.booleans())
    size = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel = rng.integers(-1 if ternary else -128, 2 if ternary else 128, (*size, shape[2], 1 if depthwise else 3))
    padding = tuple(draw(st.integers(0, 2)) for _ in range(4))
    try:
        y = b.conv2d(
            x,
            "conv",
            kernel,
            TERNARY if ternary else FixedPoint(True, 8, draw(st.integers(-2, 9))),
            padding,
            draw(st.sampled_from(PhiPadding)),
            (draw(st.integers(1, 2)), draw(st.integers(1, 2))),
            depthwise,
        )
    except GraphError:  # a kernel larger than the padded image
        y = x
    rounding, overflow = draw(st.sampled_from(Rounding)), draw(st.sampled_from(Overflow))
    with suppress(GraphError):  # its worst case may need more than 24 bits
        y = b.requantise(y, "rounded", draw(formats), rounding, overflow)
    b.output(y, "out")
    return b.graph()


@settings(max_examples=25)
@given(graph=convolutions())
def test_any_convolution_and_rounding(graph: Graph, compared: Compared) -> None:
    for runtime in ("onnxruntime", "qonnx"):
        assert compared(graph, runtime).first is None
