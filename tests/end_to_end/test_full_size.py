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
