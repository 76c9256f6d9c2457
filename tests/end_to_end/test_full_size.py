"""The papers' networks at 340 x 360, from the shipped weights: build, C simulation of real events, compare."""

import json
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Jetflow = Callable[..., subprocess.CompletedProcess[str]]
IMAGES = {"jetssd": 2, "pfjetssd": 10}
STRESS = 7


@pytest.mark.nightly
@pytest.mark.parametrize("precision", ["twn", "int8"])
@pytest.mark.parametrize("model", list(IMAGES))
def test_firmware_equals_the_reference(jetflow: Jetflow, model: str, precision: str, tmp_path: Path) -> None:
    arguments = ("build", model, "--precision", precision, "--out", tmp_path, "--n-events", IMAGES[model])
    run = jetflow(*arguments)
    assert run.returncode == 0, run.stderr
    verdict = json.loads((tmp_path / "verify.json").read_text())
    assert verdict["exact"] and verdict["events"] == IMAGES[model]
    words = 44 * 46 * (2 + 4 + 1)
    assert {name: entry["words"] for name, entry in verdict["comparisons"].items()} == {
        "csim": IMAGES[model] * words,
        "stress": STRESS * words,
    }
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 8 * 2**20  # KiB, the largest process
    assert "unchanged" in jetflow(*arguments).stdout


@pytest.mark.nightly
@pytest.mark.parametrize("precision", ["twn", "int8"])
@pytest.mark.parametrize("model", list(IMAGES))
def test_onnx_equals_the_reference(jetflow: Jetflow, model: str, precision: str, tmp_path: Path) -> None:
    run = jetflow("build", model, "--target", "dsp", "--precision", precision, "--out", tmp_path, "--n-events", 2)
    assert run.returncode == 0, run.stderr
    comparisons = json.loads((tmp_path / "verify.json").read_text())["comparisons"]
    assert {name: entry["differing"] for name, entry in comparisons.items()} == dict.fromkeys(
        ("onnx", "stress", "qonnx", "qonnx_stress"), 0
    )
    figures = json.loads((tmp_path / "report.json").read_text())["figures"]
    one, ten = (next(f["value"] for f in figures if f["name"] == f"time_us_sp1000_{n}") for n in (1, 10))
    assert 0 < ten < one / 5
