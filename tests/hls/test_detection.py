"""Boxes from the firmware of a model: a config asks for them, and the top function then emits integers alone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import yaml

from jetflow.hls import Project
from jetflow.hls.plan import Kind
from jetflow.model import MODELS, find_model


def test_a_config_makes_the_firmware_emit_boxes(write: Callable[..., Project], tmp_path: Path) -> None:
    shutil.copytree(MODELS / "jetssd-tower-small", tmp_path / "mine")
    path = tmp_path / "mine" / "config.yaml"
    content = yaml.safe_load(path.read_text())
    content["detection"]["firmware"] = {"threshold": 1.5, "top": 8}
    path.write_text(yaml.safe_dump(content))
    graph = find_model(str(path)).firmware_graph("twn")
    (boxes,) = graph.outputs
    assert boxes.name == "boxes" and boxes.shape == (8, 1, 7)  # class, row, column, score, two offsets, mass
    project = write(graph, tmp_path)
    assert project.plan.layers[-1].kind is Kind.PEAKS
    firmware = project.folder / "firmware"
    source, types = ((firmware / name).read_text() for name in ("jetssd_tower_small.cpp", "defines.h"))
    port = source.split("void jetssd_tower_small(")[1].split(")")[0].count("hls::stream")
    assert port == 2  # the image and the boxes, no maps
    word = f"ap_fixed<{boxes.format.bits},{boxes.format.bits}>"
    assert f"nnet::array<{word}, 7*1>" in types  # integers: no fractional bits
