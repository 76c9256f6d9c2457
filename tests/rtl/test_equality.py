"""Reference and RTL simulation agree in every output word, with and without pauses. No tolerance anywhere."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, GraphError, Overflow, PhiPadding, Rounding
from jetflow.rtl import Design, Stalls, compile_model, simulate, write_design

Build = Callable[..., Any]
Images = Callable[..., np.ndarray]
LANES = st.sampled_from([1, 2, 4, 8])
Graphs = dict[str, Callable[..., Graph]]


def is_exact(built: Any, images: np.ndarray) -> None:
    for stalls in (Stalls(), Stalls(0.4, 0.0, 1), Stalls(0.0, 0.6, 2), Stalls(0.5, 0.5, 3)):
        result, timing = simulate(built.design, built.model, images, stalls, workers=1)
        assert result.first is None and result.differing == 0 and result.events == len(images)
        assert timing.latency_cycles > 0


def test_around_the_cylinder(wrapped: Any, images: Images) -> None:
    is_exact(wrapped, images(wrapped.design.plan.graph, 4))


def test_few_events_still_give_an_interval(wrapped: Any, images: Images) -> None:
    few = images(wrapped.design.plan.graph, 3)
    result, timing = simulate(wrapped.design, wrapped.model, few, workers=8)
    assert result.differing == 0 and timing.ii_cycles is not None
    assert simulate(wrapped.design, wrapped.model, few[:1])[1].ii_cycles is None


@pytest.mark.parametrize("name", ["rounding", "kernels"])
def test_every_mode_and_kernel(name: str, graphs: Graphs, build: Build, images: Images, tmp_path: Path) -> None:
    graph = graphs[name]()
    is_exact(build(graph, tmp_path), images(graph, 4))


def test_zero_padding_and_padded_pools(graphs: Graphs, build: Build, images: Images, tmp_path: Path) -> None:
    graph = graphs["network"](7, 6, PhiPadding.ZERO, padding=1)
    is_exact(build(graph, tmp_path), images(graph, 4))


def test_eight_pixels_a_clock(graphs: Graphs, build: Build, images: Images, tmp_path: Path) -> None:
    """17 rows: the last beat of a column has one pixel; padded pools have sums over two beats and one beat more."""
    graph = graphs["network"](17, 8, PhiPadding.CIRCULAR, padding=1)
    built = build(graph, tmp_path, 8)
    is_exact(built, images(graph, 3))
    assert [layer.arriving.lanes for layer in built.design.plan.layers] == [8, 8, 2, 2, 1, 1]


def test_every_kernel_two_pixels_a_clock(graphs: Graphs, build: Build, images: Images, tmp_path: Path) -> None:
    graph = graphs["kernels"]()
    is_exact(build(graph, tmp_path, 2), images(graph, 3))


def test_a_stride_that_the_lanes_do_not_fit_is_refused(tmp_path: Path) -> None:
    b = GraphBuilder("refused")
    x = b.input("image", (9, 9, 1), FixedPoint(False, 4, 0))
    b.output(b.conv2d(x, "thirds", np.ones((3, 3, 1, 1)), TERNARY, stride=(3, 3)), "out")
    with pytest.raises(InputError, match="thirds: a stride of 3 rows does not go with 4 rows side by side"):
        write_design(b.graph(), tmp_path / "rtl", tmp_path, pixels_per_clock=4)


@st.composite
def designs(draw: st.DrawFn) -> Graph:
    """Two blocks with everything drawn, perhaps a pool in each; perhaps a branch that joins again."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    b = GraphBuilder("drawn")
    shape = draw(st.integers(1, 8)), draw(st.integers(3, 9)), draw(st.integers(1, 3))
    x = b.input("image", shape, FixedPoint(draw(st.booleans()), draw(st.integers(1, 7)), draw(st.integers(-3, 9))))
    try:
        for i in range(2):
            x = _block(draw, b, x, f"b{i}", rng)
        b.output(_joined(draw, b, x, rng), "out")
        return b.graph()
    except GraphError as error:
        if "24 signed bits" not in str(error):
            raise
        reject()


def _joined(draw: st.DrawFn, b: GraphBuilder, x: str, rng: np.random.Generator) -> str:
    """`x`, perhaps with what a convolution of the same size makes of it added to it or beside it, in another format."""
    _, columns, channels = b.shape(x)
    adds = draw(st.sampled_from([None, True, False]))
    if adds is None:
        return x
    wide, out = 3 if columns >= 3 else 1, channels if adds else draw(st.integers(1, 3))
    kernel = rng.integers(-1, 2, (3, wide, channels, out))
    y = b.conv2d(x, "side_conv", kernel, TERNARY, (1, 1, wide // 2, wide // 2), draw(st.sampled_from(PhiPadding)))
    format = FixedPoint(draw(st.booleans()), draw(st.integers(1, 7)), b.format(y).fraction + draw(st.integers(-3, 3)))
    y = b.requantise(y, "side", format)
    return b.add(x, y, "sum") if adds else b.concatenate([y, x], "beside")


def _block(draw: st.DrawFn, b: GraphBuilder, x: str, name: str, rng: np.random.Generator) -> str:
    rows, columns, channels = b.shape(x)
    tall, wide, out = draw(st.integers(1, min(3, rows))), draw(st.sampled_from([1, 3])), draw(st.integers(1, 3))
    if columns < wide:
        wide = 1
    ternary = draw(st.booleans())
    weights = TERNARY if ternary else FixedPoint(True, draw(st.integers(3, 8)), draw(st.integers(-2, 8)))
    kernel = rng.integers(-1, 2, (tall, wide, channels, out)) if ternary else None
    if kernel is None:
        kernel = rng.integers(weights.minimum, weights.maximum + 1, (tall, wide, channels, out))
    padding = draw(st.integers(0, 2)), draw(st.integers(0, 2)), wide // 2, wide // 2
    x = b.conv2d(x, f"{name}_conv", kernel, weights, padding, draw(st.sampled_from(PhiPadding)))
    scale, shift, bias = rng.integers(-31, 32, out), rng.integers(0, 2, out), rng.integers(-99, 99, out)
    x = b.scale_bias(x, f"{name}_norm", scale, shift, bias, draw(st.integers(0, 6)))
    fraction = b.format(x).fraction - draw(st.integers(-1, 7))
    rounding, overflow = draw(st.sampled_from(Rounding)), draw(st.sampled_from(Overflow))
    x = b.requantise(
        x, f"{name}_act", FixedPoint(draw(st.booleans()), draw(st.integers(1, 7)), fraction), rounding, overflow
    )
    x = b.prelu(x, f"{name}_prelu", rng.integers(-8, 9, out), 3)
    if min(b.shape(x)[:2]) > 1 and draw(st.booleans()):
        x = b.requantise(x, f"{name}_inner", FixedPoint(True, 6, fraction), rounding, overflow)
        x = b.average_pool(x, f"{name}_pool", draw(st.integers(0, 1)))
    return b.requantise(x, f"{name}_out", FixedPoint(True, 6, fraction), rounding, overflow)


def _any_design(graph: Graph, lanes: int, build: Build, images: Images) -> None:
    with tempfile.TemporaryDirectory() as folder:
        is_exact(build(graph, Path(folder), lanes), images(graph, 3))


@settings(max_examples=1, database=None, phases=[Phase.explicit, Phase.generate])  # shrinking would compile for minutes
@given(designs(), LANES)
def test_any_formats_and_shapes(build: Build, images: Images, graph: Graph, lanes: int) -> None:
    _any_design(graph, lanes, build, images)


@pytest.mark.nightly
@settings(max_examples=40, database=None, phases=[Phase.explicit, Phase.generate])
@given(designs(), LANES)
def test_many_formats_and_shapes(build: Build, images: Images, graph: Graph, lanes: int) -> None:
    _any_design(graph, lanes, build, images)


def test_a_mutated_adder_is_found(graphs: Graphs, images: Images, tmp_path: Path) -> None:
    graph = graphs["network"](9, 12, PhiPadding.CIRCULAR)
    design = write_design(graph, tmp_path / "rtl", tmp_path / "adders")
    path = design.folder / "layer_block1_act_datapath.sv"
    text = path.read_text()
    assert " - " in text
    path.write_text(text.replace(" - ", " + ", 1))
    result, _ = simulate(Design(design.folder, design.plan), compile_model(design, tmp_path), images(graph, 4))
    assert result.differing > 0 and result.first is not None


def test_columns_that_do_not_stay_as_many_are_refused(tmp_path: Path) -> None:
    b = GraphBuilder("refused")
    x = b.input("image", (4, 5, 1), FixedPoint(False, 4, 0))
    b.output(b.conv2d(x, "wide", np.ones((1, 3, 1, 1)), TERNARY, (0, 0, 2, 1), PhiPadding.CIRCULAR), "out")
    with pytest.raises(InputError, match="wide: 2 \\+ 1 columns of padding"):
        write_design(b.graph(), tmp_path / "rtl", tmp_path)


def test_a_node_without_a_block_is_refused(tmp_path: Path) -> None:
    b = GraphBuilder("refused")
    x = b.input("image", (4, 5, 1), FixedPoint(False, 4, 0))
    b.output(b.hard_sigmoid(x, "sigmoid"), "out")
    with pytest.raises(InputError, match="sigmoid: the open RTL has no block for HardSigmoid"):
        write_design(b.graph(), tmp_path / "rtl", tmp_path)
