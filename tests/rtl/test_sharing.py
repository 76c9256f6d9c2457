"""Both forms of a convolution's sums compute the same, and only one of them shares."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.cache import cache_folder
from jetflow.graph import TERNARY, Conv2D, FixedPoint, Graph, GraphBuilder, PhiPadding
from jetflow.model import find_model
from jetflow.rtl import measure_sharing, read_sharing, representative, write_sharing
from jetflow.rtl.sharing import _sums


def ternary(channels: int) -> Graph:
    """One ternary 3 x 3 convolution."""
    b = GraphBuilder("ternary")
    x = b.input("image", (4, 5, channels), FixedPoint(True, 5, 0))
    kernel = np.random.default_rng(0).integers(-1, 2, (3, 3, channels, channels))
    b.output(b.conv2d(x, "conv", kernel, TERNARY), "out")
    return b.graph()


def test_both_forms_compute_the_convolution(tmp_path: Path) -> None:
    graph = ternary(3)
    node = representative(graph)
    assert isinstance(node, Conv2D)
    pixels = np.random.default_rng(1).integers(-16, 16, (50, 27))
    for adders in (tmp_path, None):
        assert np.array_equal(_sums(graph, node, adders).evaluate(pixels), pixels @ node.kernel.reshape(27, 3))


def test_the_smallest_ternary_convolution_stands_for_all(graphs: dict[str, Callable[..., Graph]]) -> None:
    node = representative(graphs["network"](9, 12, PhiPadding.CIRCULAR))
    assert node is not None and node.name == "block0_conv"
    assert representative(graphs["rounding"]()) is None


def test_what_was_measured_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert read_sharing(tmp_path) is None
    sharing = write_sharing(ternary(2), tmp_path)
    assert sharing is not None and sharing == read_sharing(tmp_path)
    assert 0 < sharing.shared.lut < sharing.unshared.lut
    (tmp_path / "sharing.json").write_text("{}")
    assert read_sharing(tmp_path) is None


@pytest.mark.nightly
def test_the_default_networks_sums_take_at_most_70_percent() -> None:
    """Those of its representative one, and of all its ternary convolutions together.

    25 minutes of Yosys where nothing is kept from an earlier run.
    """
    graph = find_model("jetssd-tower-small").firmware_graph("twn")
    nodes = [node for node in graph if isinstance(node, Conv2D) and node.ternary]
    measured = [measure_sharing(graph, node, cache_folder("mapped"), cache_folder("adders")) for node in nodes]
    assert len(measured) == 5
    node = representative(graph)
    assert node is not None
    assert next(each for each in measured if each.node == node.name).ratio <= 0.7
    assert sum(each.shared.lut for each in measured) <= 0.7 * sum(each.unshared.lut for each in measured)
