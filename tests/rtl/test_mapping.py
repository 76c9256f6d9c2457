"""Yosys on the emitted files: every layer and the glue are counted, nothing is mapped twice."""

import json
from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import ToolError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder
from jetflow.rtl import Caches, find_front, map_design, read_mapping, write_design
from jetflow.rtl.mapping import GLUE, map_build


def ternary_graph() -> Graph:
    """A ternary convolution without scale, rounded."""
    b = GraphBuilder("ternary")
    x = b.input("image", (5, 6, 2), FixedPoint(False, 4, 0))
    kernel = np.random.default_rng(0).integers(-1, 2, (3, 3, 2, 2))
    x = b.conv2d(x, "conv", kernel, TERNARY, (1, 1, 1, 1))
    b.output(b.requantise(x, "rounded", FixedPoint(True, 5, -1)), "out")
    return b.graph()


def test_every_layer_and_the_glue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    graph = ternary_graph()
    write_design(graph, tmp_path / "rtl", tmp_path / "adders")
    mapping = map_build(graph, tmp_path / "rtl", tmp_path)
    assert list(mapping.layers) == ["layer_out", GLUE]
    assert mapping.total.dsp == 0 and mapping.total.lut > 50 and mapping.total.ff > 50
    assert mapping.total.lut == sum(block.lut for block in mapping.layers.values())
    assert mapping.layers[GLUE].ff > 0
    assert read_mapping(tmp_path) == mapping
    assert 500 < mapping.total.delay_ps == max(block.delay_ps for block in mapping.layers.values()) < 10_000

    caches = Caches(tmp_path / "adders", tmp_path / "elsewhere")
    (estimated,) = find_front(graph, 1, caches)
    assert abs(estimated.area.lut / mapping.total.lut - 1) < 0.35
    (known,) = find_front(graph, 1, Caches(caches.adders, tmp_path / "cache" / "jetflow" / "mapped"))
    assert known.mapped == 1 and known.area.lut - mapping.layers["layer_out"].lut == 8  # and a register in front
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("mapped again"))
    assert map_build(graph, tmp_path / "rtl", tmp_path) == mapping
    layer = tmp_path / "rtl" / "layer_out.sv"
    layer.write_text(layer.read_text().replace("module ", "// a comment changes no cell\nmodule ", 1))
    assert map_build(graph, tmp_path / "rtl", tmp_path) == mapping


def test_a_damaged_file_is_no_mapping(tmp_path: Path) -> None:
    assert read_mapping(tmp_path) is None
    for content in ("", "{}", "[]", json.dumps({"schema": "jetflow-mapping-2", "layers": {"a": {}}})):
        (tmp_path / "mapping.json").write_text(content)
        assert read_mapping(tmp_path) is None


def test_an_error_of_yosys_is_named(tmp_path: Path) -> None:
    graph = ternary_graph()
    design = write_design(graph, tmp_path / "rtl", tmp_path / "adders")
    (design.folder / "layer_out_datapath.sv").write_text("module broken (\n")
    with pytest.raises(ToolError, match=r"yosys: .*syntax error"):
        map_design(design, tmp_path / "mapped")
