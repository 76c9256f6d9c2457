"""Latency on this CPU: something is measured in both runtimes, and drawn."""

from pathlib import Path

import pytest

from jetflow import latency
from jetflow.model import find_model
from jetflow.physics.sample import open_sample
from jetflow.physics.timing import draw_timing, measure_timing, timing_table


def test_both_runtimes(tiny_run: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SECONDS", 0.01)
    model = find_model(str(tiny_run))
    counts = open_sample(sample, model.config).images(0, 3)
    found = list(measure_timing(model, "twn", counts, (1, 4)))
    assert [(one.runtime, one.batch) for one in found] == [
        ("Keras", 1),
        ("Keras", 4),
        ("ONNX Runtime", 1),
        ("ONNX Runtime", 4),
    ]
    assert all(one.median_ms > 0 for one in found)
    assert timing_table(found).row_count == 4
    draw_timing(found, tmp_path / "timing.png")
    assert (tmp_path / "timing.png").read_bytes().startswith(b"\x89PNG")
    assert [one.runtime for one in measure_timing(model, "fpn", counts, (1,))] == ["Keras"]
