"""Bad input: one line that says where and what to do, exit code 2, and nothing is written or lost."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Jetflow = Callable[..., subprocess.CompletedProcess[str]]


def refused(run: object, *wanted: str) -> None:
    """Exit code 2, one line on stderr that holds every string of `wanted`, no traceback."""
    assert run.returncode == 2, (run.stdout, run.stderr)  # type: ignore[attr-defined]
    lines = run.stderr.strip().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    assert not [text for text in wanted if text not in lines[0]], lines[0]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("stages: [[3], [4]]", "stages: [[3], []]", "network"),
        ("stages: [[3], [4]]", "stages: [[3], [four]]", "network.stages"),
        ("stages: [[3], [4]]", "stages: [[3], [4]], depth: 3", "network.depth"),
        ("stages: [[3], [4]]", "stages: [[3], [0]]", "network.stages"),
        ("stages: [[3], [4]]", "stages: [[3], [4]], links: [3]", "found stage 3, the heads' stage is 2"),
        ("stages: [[3], [4]]", "stages: [[3], [4], [4], [4]]", "cannot be halved 3 times"),
        ("name: tiny", "name: Tiny Network", "name"),
        ("schema: jetflow-model-2", "schema: jetflow-model-9", "schema"),
        ("first: int8, body: ternary", "first: int4, body: ternary", "precision.twn.first"),
    ],
)
def test_configs(jetflow: Jetflow, old: str, new: str, wanted: str, tiny_config: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(tiny_config.read_text().replace(old, new))
    refused(jetflow("models", "show", path), str(path), wanted)


def test_training(jetflow: Jetflow, tmp_path: Path, tiny_config: Path, tiny_run: Path, sample: Path) -> None:
    """Data of another grid, channels or labels; weights of another config; a start that is none."""
    out, bad = tmp_path / "out", tmp_path / "bad.yaml"
    for key, wanted in (
        ("input: {rows: 64, columns: 64}", "(68, 72, 2)"),
        ("input: {grid: crystal}", "(340, 360, 2)"),
        ("input: {eta_step: 0.1}", "input.eta_step"),
        ("input: {channels: [ecal, muon]}", "muon"),
        ("classes: [t, V, H]", "b, W/Z/H, t"),
    ):
        bad.write_text(f"{tiny_config.read_text()}{key}\n")
        refused(jetflow("train", bad, "--events", sample, "--out", out), str(sample), wanted)
    refused(jetflow("train", tiny_config, "--events", sample, "--out", out, "--start-from", "no.npz"), "no.npz")
    other = tmp_path / "other"
    shutil.copytree(tiny_run, other)
    (other / "config.yaml").write_text(tiny_config.read_text().replace("[4]]", "[5]]"))
    refused(jetflow("build", other, "--out", out), "twn.npz", "block2_1_conv/kernel", "(3, 3, 3, 5)")
    assert not out.exists()


def test_models_and_parts(jetflow: Jetflow, tmp_path: Path, tiny_run: Path) -> None:
    out = tmp_path / "out"
    refused(jetflow("build", "no-such-model", "--out", out), "no-such-model", "jetssd-tower-small")
    refused(jetflow("build", tiny_run, "--part", "xc2064", "--out", out), "--part xc2064", "xcvu13p")
    refused(jetflow("build", tiny_run, "--precision", "fpn", "--out", out), "fpn", "twn")
    refused(jetflow("build", tiny_run, "--precision", "int8", "--out", out), "int8", "jetflow train")
    assert not out.exists()


def test_events(jetflow: Jetflow, tmp_path: Path, tiny_run: Path, sample: Path) -> None:
    out = tmp_path / "out"
    truncated = tmp_path / "truncated.h5"
    truncated.write_bytes(sample.read_bytes()[:30000])
    other = tmp_path / "other.h5"
    other.write_text("not HDF5")
    arrays = {
        "shape": np.zeros((2, 68, 70, 2)),
        "nan": np.full((2, 68, 72, 2), np.nan),
        "negative": np.full((2, 68, 72, 2), -1),
        "over": np.full((2, 68, 72, 2), 1024),
        "empty": np.zeros((0, 68, 72, 2), int),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    files = [truncated, other, tmp_path / "absent.h5", *(tmp_path / f"{name}.npy" for name in arrays)]
    for path in files:
        refused(jetflow("build", tiny_run, "--events", path, "--n-events", 1, "--out", out), str(path))
    refused(jetflow("build", tiny_run, "--n-events", 257, "--out", out), "257", "256")
    assert not out.exists()


def test_a_missing_compiler(jetflow: Jetflow, tmp_path: Path, tiny_run: Path) -> None:
    refused(jetflow("build", tiny_run, "--out", tmp_path / "out", PATH=str(tmp_path)), "g++", "apt-get install g++")
    assert not (tmp_path / "out").exists()


def test_folders_that_are_no_builds(jetflow: Jetflow, tmp_path: Path, tiny_run: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("precious")
    refused(jetflow("build", tiny_run, "--out", tmp_path / "thesis"), "thesis", "--out")
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "precious"
    refused(jetflow("verify", tmp_path / "thesis"), "thesis", "jetflow build")
    refused(jetflow("verify", tmp_path / "absent"), "absent", "jetflow build")
    refused(jetflow("report", tmp_path / "absent"), "absent", "jetflow build")


def test_damaged_builds(jetflow: Jetflow, build: Path) -> None:
    (build / "graph.json").write_text('{"schema": "jetflow-graph-1", "nod')
    refused(jetflow("verify", build), "graph.json", "build again")
    (build / "graph.json").write_text('{"schema": "jetflow-graph-7"}')
    refused(jetflow("verify", build), "graph.json", "jetflow-graph-7")
    (build / "settings.json").write_text("[]")
    refused(jetflow("verify", build), "settings.json", "build again")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
@pytest.mark.parametrize("size", ["200k", "3500k"])  # full while the events are written; while g++ writes
def test_a_full_disk(size: str, jetflow: Jetflow, tmp_path: Path, tiny_run: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this sandbox does not mount a tmpfs")
    try:
        refused(jetflow("build", tiny_run, "--out", small / "out"), "out", "free space")
        assert not (small / "out" / "verify.json").exists()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_rate_that_no_design_reaches(jetflow: Jetflow, tmp_path: Path) -> None:
    run = jetflow("build", "jetssd-tower-small", "--target-rate-khz", "1000", "--out", tmp_path / "out")
    refused(run, "--target-rate-khz 1000: block1_1_conv_padding", "the nearest that is possible", "57.915 at 300 MHz")
    assert not (tmp_path / "out").exists()
