"""`jetflow build --target dsp`: what it leaves, that its gate fails when it should, and `jetflow export onnx`."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

Jetflow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def finished_dsp(jetflow: Jetflow, tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A verified DSP build of the tiny network; tests must not change it."""
    out = tmp_path_factory.mktemp("dsp") / "tiny"
    done = jetflow("build", tiny_run, "--target", "dsp", "--out", out, "--n-events", 10)
    assert done.returncode == 0, done.stderr
    assert "exact: every word equals the reference" in done.stdout
    return out


def test_what_a_dsp_build_leaves(finished_dsp: Path) -> None:
    assert {path.name for path in (finished_dsp / "onnx").iterdir()} == {"tiny.qdq.onnx", "tiny.qonnx.onnx"}
    assert not (finished_dsp / "hls").exists() and not list(finished_dsp.rglob("*.part"))
    manifest = json.loads((finished_dsp / "manifest.json").read_text())
    assert manifest["target"] == "dsp" and "onnx/tiny.qdq.onnx" in manifest["files"]
    comparisons = json.loads((finished_dsp / "verify.json").read_text())["comparisons"]
    events = {name: entry["events"] for name, entry in comparisons.items()}
    assert events == {"onnx": 10, "stress": 7, "qonnx": 8, "qonnx_stress": 7}


def test_figures_and_the_table_of_platforms(finished_dsp: Path) -> None:
    report = json.loads((finished_dsp / "report.json").read_text())
    kinds = {figure["name"]: figure["kind"] for figure in report["figures"] if figure["layer"] is None}
    assert kinds["time_us_sp1000_1"] == kinds["time_us_sp1000_10"] == "estimated"
    assert kinds["area_mm2_sp1000_10"] == "published"
    assert {kinds[f"time_us_{runtime}_batch{n}"] for runtime in ("keras", "onnxruntime") for n in (1, 16)} == {
        "measured"
    }
    published = [row for row in report["platforms"] if row["kind"] == "published"]
    assert [row["time_ms"] for row in published] == [8.5, 0.9, 1.1, 134, 56]
    text = (finished_dsp / "report.md").read_text()
    assert "| Nvidia Tesla V100 |" in text and "| block1_1_act |" in text


def test_a_changed_weight_fails_the_gate_by_its_node(jetflow: Jetflow, finished_dsp: Path, tmp_path: Path) -> None:
    build = Path(shutil.copytree(finished_dsp, tmp_path / "copy"))
    for format in ("qdq", "qonnx"):
        path = build / "onnx" / f"tiny.{format}.onnx"
        model = onnx.load(path)
        constant = next(c for c in model.graph.initializer if c.name.startswith("block2_1_conv/kernel/"))
        values = onnx.numpy_helper.to_array(constant).copy()
        place = next(zip(*np.nonzero(values), strict=True))
        values[place] *= -1
        constant.CopyFrom(onnx.numpy_helper.from_array(values, constant.name))
        onnx.save(model, path)
    run = jetflow("verify", build)
    assert run.returncode == 1, run.stderr
    assert "NOT EXACT" in run.stdout
    lines = run.stderr.splitlines()
    for name in ("onnx", "qonnx"):
        first = next(line for line in lines if line.startswith(f"{name}: "))
        assert first.startswith(f"{name}: block2_1_conv: ") and " row " in first and " channel " in first
    assert json.loads((build / "verify.json").read_text())["first"]["node"] == "block2_1_conv"


def test_a_model_that_is_damaged_or_gone(jetflow: Jetflow, finished_dsp: Path, tmp_path: Path) -> None:
    build = Path(shutil.copytree(finished_dsp, tmp_path / "copy"))
    (build / "onnx" / "tiny.qdq.onnx").write_bytes(b"no model")
    run = jetflow("verify", build)
    assert run.returncode == 2 and "tiny.qdq.onnx: damaged" in run.stderr
    (build / "onnx" / "tiny.qdq.onnx").unlink()
    run = jetflow("verify", build)
    assert run.returncode == 2 and "tiny.qdq.onnx: not found" in run.stderr


def test_a_warm_build_does_nothing_twice(jetflow: Jetflow, finished_dsp: Path, tiny_run: Path, tmp_path: Path) -> None:
    build = Path(shutil.copytree(finished_dsp, tmp_path / "copy"))
    run = jetflow("build", tiny_run, "--target", "dsp", "--out", build, "--n-events", 10)
    assert run.returncode == 0, run.stderr
    assert "firmware: unchanged" in run.stdout and "verify: unchanged" in run.stdout and "latency" not in run.stdout


@pytest.mark.parametrize("format", ["qdq", "qonnx"])
def test_export_writes_what_the_build_holds(jetflow: Jetflow, format: str, finished_dsp: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.onnx"
    run = jetflow("export", "onnx", finished_dsp, "--format", format, "--out", out)
    assert run.returncode == 0, run.stderr
    assert out.read_bytes() == (finished_dsp / "onnx" / f"tiny.{format}.onnx").read_bytes()


def test_options_of_the_other_target_are_refused(jetflow: Jetflow, tiny_run: Path, tmp_path: Path) -> None:
    for options in (("--clock-mhz", 200), ("--backend", "vivado"), ("--part", "xcvu13p-flga2577-2-e")):
        run = jetflow("build", tiny_run, "--target", "dsp", *options, "--out", tmp_path / "out")
        assert run.returncode == 2 and run.stderr.startswith(f"error: {options[0]}"), run.stderr
    assert not (tmp_path / "out").exists()
