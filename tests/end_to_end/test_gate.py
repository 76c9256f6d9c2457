"""The gate fails when it should and names the layer: firmware is changed by hand, as a bad merge would change it."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

Jetflow = Callable[..., subprocess.CompletedProcess[str]]


def header(build: Path, layer: str, kind: str) -> Path:
    """The weights header of a layer in the generated firmware, found by the project's own includes and names."""
    top = next((build / "hls" / "firmware").glob("*.cpp")).read_text()
    call = next(line for line in top.splitlines() if re.search(rf"// {layer}\s*$", line))
    name = re.search(rf"\b({kind}\d+)\b", call)
    assert name, call
    return build / "hls" / "firmware" / "weights" / f"{name.group(1)}.h"


def change(path: Path, by: dict[str, str]) -> None:
    """Replace the first value of the array in a header for which `by` has another."""
    text = path.read_text()
    start = text.index("= {") + 3
    values = [value.strip() for value in text[start : text.index("}", start)].split(",")]
    place = next(i for i, value in enumerate(values) if value in by)
    values[place] = by[values[place]]
    path.write_text(text[:start] + ", ".join(values) + text[text.index("}", start) :])


def test_a_flipped_ternary_weight_names_its_convolution(jetflow: Jetflow, build: Path) -> None:
    assert jetflow("verify", build).returncode == 0
    change(header(build, "block2_1_conv", "w"), {"1": "-1", "-1": "1"})
    run = jetflow("verify", build)
    assert run.returncode == 1
    first = json.loads((build / "verify.json").read_text())["first"]
    assert first["node"] == "block2_1_conv"
    assert re.search(r"csim: block2_1_conv: .* event 0, row \d+, column \d+, channel \d+: expected .* bits", run.stderr)
    assert "NOT EXACT" in run.stdout
    failed = ElementTree.parse(build / "verify.xml").getroot().iter("failure")
    assert "block2_1_conv" in next(failed).get("message", "")


def test_a_changed_bias_names_its_scale_and_bias(jetflow: Jetflow, build: Path) -> None:
    path = header(build, "block2_1_scaled", "b")
    values = [value.strip() for value in path.read_text().split("= {")[1].split("}")[0].split(",")]
    change(path, {value: "0" for value in values if float(value) != 0})
    run = jetflow("verify", build, "--trace")
    assert run.returncode == 1, run.stdout
    first = json.loads((build / "verify.json").read_text())["first"]
    assert first["node"] == "block2_1_scaled"
    assert first["channel"] == next(i for i, value in enumerate(values) if float(value) != 0)


def test_trace_compares_every_layer(jetflow: Jetflow, finished: Path, build: Path) -> None:
    run = jetflow("verify", build, "--trace", "--n-events", 2)
    assert run.returncode == 0, run.stderr
    nodes = json.loads((build / "verify.json").read_text())["comparisons"]["csim"]["nodes"]
    assert {"block1_1_conv", "block1_1_act", "stage1_pooled", "block2_1_conv"} <= set(nodes)
    assert {"offsets", "classes", "regression"} <= set(nodes)


def test_other_events_and_a_wrong_reference(jetflow: Jetflow, build: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(7).integers(0, 1024, (3, 68, 72, 2))
    np.savez(tmp_path / "mine.npz", images=images)
    run = jetflow("verify", build, "--events", tmp_path / "mine.npz")
    assert run.returncode == 0, run.stderr
    assert json.loads((build / "verify.json").read_text())["events"] == 3
    with np.load(build / "graph.npz") as file:
        arrays = dict(file)
    arrays["offsets_norm/bias"] = arrays["offsets_norm/bias"].astype(np.int64) + 64
    np.savez(build / "graph.npz", **arrays)
    run = jetflow("verify", build, "--events", tmp_path / "mine.npz")
    assert run.returncode == 1
    assert json.loads((build / "verify.json").read_text())["first"]["node"] in (
        "offsets_norm",
        "offsets_scaled",
        "offsets",
    )
