"""Folded layers: adder graphs and planes are those of their matrix, whole designs equal the reference."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.errors import ToolError
from jetflow.graph import Graph, PhiPadding
from jetflow.rtl import Stalls, Style, compile_model, lint, simulate, write_design
from jetflow.rtl.folding import options
from jetflow.rtl.plan import make_plan
from jetflow.rtl.planes import planes, sum_bits
from jetflow.rtl.serial_graph import OPERANDS, serial_graph, solve

Images = Callable[..., np.ndarray]
Graphs = dict[str, Callable[..., Graph]]


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_a_graph_is_that_of_its_matrix(inputs: int, outputs: int, seed: int) -> None:
    matrix = np.random.default_rng(seed).integers(-1, 2, (inputs, outputs))
    graph = solve(matrix)
    assert np.array_equal(graph.matrix(), matrix)
    for node in graph.nodes:
        minus = [negative for _, negative in node.operands]
        assert 1 <= len(minus) <= OPERANDS and sum(minus) < OPERANDS


def test_sums_are_shared() -> None:
    matrix = np.random.default_rng(0).integers(-1, 2, (60, 20))
    added = sum(len(node.operands) - 1 for node in solve(matrix).nodes)
    assert added < 0.8 * (np.count_nonzero(matrix) - 20)


def test_a_file_of_another_matrix_is_refused(tmp_path: Path) -> None:
    matrix = np.array([[1, 0], [1, -1]])
    serial_graph(matrix, tmp_path)
    (path,) = tmp_path.glob("*.json")
    path.write_text(path.read_text().replace("false", "true", 1))
    with pytest.raises(ToolError, match="not that of its matrix"):
        serial_graph(matrix, tmp_path)


@given(st.integers(1, 9), st.integers(1, 4), st.integers(6, 20), st.integers(0, 2**32 - 1))
def test_planes_add_up(inputs: int, outputs: int, bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-128, 128, (inputs, outputs))
    low, high = -rng.integers(0, 17, inputs), rng.integers(0, 16, inputs)
    parts = planes(matrix, low, high, bits)
    assert np.array_equal(sum((part.matrix << part.shift for part in parts), np.zeros_like(matrix)), matrix)
    assert all(abs(part.matrix).max() == 1 and sum_bits(part.matrix, low, high) <= bits for part in parts)


def folded(graph: Graph, style: Style, clocks: int, digits: Sequence[int]) -> dict[str, Any]:
    """A choice of `style` for every layer that has one, by `digits` in turn."""
    found: dict[str, Any] = {}
    for layer in make_plan(graph).layers:
        ways = {each.digit: each for each in options(graph, layer, clocks) if each.style is style}
        if (digit := digits[len(found) % len(digits)]) in ways:
            found[layer.name] = ways[digit]
    return found


def is_exact(
    graph: Graph, style: Style, clocks: int, digits: Sequence[int], images: Images, estimate: Any, folder: Path
) -> None:
    choices = folded(graph, style, clocks, digits)
    assert len(choices) >= 3 and {choice.digit for choice in choices.values()} == set(digits)
    design = write_design(graph, folder / "rtl", folder / "adders", choices)
    assert lint(design) == ""
    model = compile_model(design, folder)
    for stalls in (Stalls(0.4, 0.0, 1), Stalls(0.0, 0.6, 2), Stalls(0.5, 0.5, 3), Stalls()):
        result, timing = simulate(design, model, images(graph, 4), stalls, workers=1)
        assert result.first is None and result.differing == 0 and result.events == 4
    assert timing == estimate(design)


@pytest.mark.parametrize(("phi", "digits"), [(PhiPadding.ZERO, (1, 2, 4)), (PhiPadding.CIRCULAR, (4, 1, 2))])
def test_serial_network(
    phi: PhiPadding, digits: Sequence[int], graphs: Graphs, images: Images, estimate: Any, tmp_path: Path
) -> None:
    is_exact(graphs["network"](9, 12, phi), Style.SERIAL, 16, digits, images, estimate, tmp_path)


@pytest.mark.parametrize("clocks", [2, 4])
def test_distributed_network(clocks: int, graphs: Graphs, images: Images, estimate: Any, tmp_path: Path) -> None:
    graph = graphs["network"](9, 12, PhiPadding.CIRCULAR, name=f"by{clocks}")
    is_exact(graph, Style.DISTRIBUTED, clocks, [8 // clocks], images, estimate, tmp_path)


def test_distributed_kernels(graphs: Graphs, images: Images, estimate: Any, tmp_path: Path) -> None:
    is_exact(graphs["kernels"](), Style.DISTRIBUTED, 2, [2], images, estimate, tmp_path)


@pytest.mark.parametrize(("digit", "clocks"), [(1, 7), (2, 5)])
def test_serial_kernels(digit: int, clocks: int, graphs: Graphs, images: Images, estimate: Any, tmp_path: Path) -> None:
    """Of 8 bits, depthwise, strided, unevenly padded; of single bits, sums that are split in two to fit the clocks."""
    is_exact(graphs["kernels"](), Style.SERIAL, clocks, [digit], images, estimate, tmp_path)
