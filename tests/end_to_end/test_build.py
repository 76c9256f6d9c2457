"""`jetflow build`: what it leaves, that it repeats, and that it survives a kill."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from jetflow import load
from jetflow.checkout import CHECKOUT
from jetflow.events import load_counts
from jetflow.graph import predict

Jetflow = Callable[..., subprocess.CompletedProcess[str]]

MADE = {
    "settings.json",
    "events.npz",
    "graph.json",
    "graph.npz",
    "design.json",
    "manifest.json",
    "verify.json",
    "verify.xml",
}


def digest(build: Path) -> str:
    return str(json.loads((build / "manifest.json").read_text())["digest"])


def test_what_a_build_leaves(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == MADE | {
        "report.json",
        "report.md",
        "stages.json",
        "hls",
        "sim",
    }
    verdict = json.loads((finished / "verify.json").read_text())
    assert verdict["exact"] is True
    assert verdict["events"] == 4
    assert verdict["words"] == 4 * 34 * 36 * 7
    assert verdict["first"] is None
    assert set(verdict["comparisons"]) == {"csim", "stress"}
    assert ElementTree.parse(finished / "verify.xml").getroot().get("failures", "0") == "0"


def test_every_figure_says_what_it_is(finished: Path) -> None:
    figures = json.loads((finished / "report.json").read_text())["figures"]
    assert {"latency_cycles", "ii_cycles", "time_us", "rate_khz", "fifo_bits"} <= {f["name"] for f in figures}
    assert all(f["kind"] in ("counted", "estimated") and f["source"] and f["unit"] for f in figures)
    text = (finished / "report.md").read_text()
    assert "not available: Vitis HLS not found" in text
    assert max(map(len, text.splitlines())) < 200


def test_no_path_host_user_or_time_in_the_hand_over(finished: Path, tiny_run: Path) -> None:
    secrets = {
        str(finished.parent),
        str(tiny_run.parent),
        str(CHECKOUT),
        time.strftime("%Y-%m-%d"),
        time.strftime("%b %d"),
    }
    if len(os.uname().nodename) > 3:  # a shorter one stands in words
        secrets.add(os.uname().nodename)
    for path in [finished / "graph.json", finished / "manifest.json", *(finished / "hls").rglob("*")]:
        content = path.read_bytes() if path.is_file() else b""
        assert not [s for s in secrets if s.encode() in content], path


def test_python_gives_what_the_firmware_computes(finished: Path, sample: Path) -> None:
    build = load(finished)
    images = load_counts(sample, build.settings.channels, build.graph.input.shape, 0.5, 10, 0, 2)
    mantissas = predict(build.graph, images)
    for name, values in build.predict(images).items():
        assert np.array_equal(values * 2**8, mantissas[name])


def test_two_builds_have_one_digest_and_a_clean_folder_is_not_needed(
    jetflow: Jetflow, finished: Path, tiny_run: Path, tmp_path: Path
) -> None:
    again = jetflow(
        "build", tiny_run, "--out", tmp_path / "other", "--n-events", 2, TZ="Asia/Tokyo", HOME=str(tmp_path)
    )
    assert again.returncode == 0, again.stderr
    assert digest(tmp_path / "other") == digest(finished)
    warm = jetflow("build", tiny_run, "--out", tmp_path / "other", "--n-events", 2)
    assert warm.returncode == 0
    assert "firmware: unchanged" in warm.stdout
    assert "verify: unchanged" in warm.stdout
    stages = json.loads((tmp_path / "other" / "stages.json").read_text())["stages"]
    assert [stage["name"] for stage in stages if not stage["ran"]] == ["firmware", "verify"]
    more = jetflow("build", tiny_run, "--out", tmp_path / "other", "--n-events", 3)  # other images: the gate alone
    assert "firmware: unchanged" in more.stdout and "verify: csim 3 images" in more.stdout
    (tmp_path / "other" / "graph.json").write_text("{}")
    mended = jetflow("build", tiny_run, "--out", tmp_path / "other", "--n-events", 2)
    assert mended.returncode == 0
    assert "unchanged" not in mended.stdout
    assert digest(tmp_path / "other") == digest(finished)


@pytest.mark.parametrize("stage", ["hls", "manifest.json", "sim"])
def test_a_build_that_was_killed_can_be_run_again(
    jetflow: Jetflow, stage: str, finished: Path, tiny_run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    arguments = [sys.executable, "-m", "jetflow", "build", str(tiny_run), "--out", str(out), "--n-events", "2"]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (out / stage).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert (out / stage).exists()
    again = jetflow("build", tiny_run, "--out", out, "--n-events", 2)
    assert again.returncode == 0, again.stderr
    assert digest(out) == digest(finished)
    assert not list(out.rglob("*.part"))


def test_another_width_is_an_edit_of_the_yaml(jetflow: Jetflow, tiny_run: Path, tmp_path: Path, sample: Path) -> None:
    wider = tmp_path / "wider.yaml"
    wider.write_text((tiny_run / "config.yaml").read_text().replace("[[3], [4]]", "[[2, 5], [6]]"))
    run = jetflow("build", wider, "--out", tmp_path / "build")
    assert run.returncode == 2
    assert f"jetflow train {wider}" in run.stderr
    assert not (tmp_path / "build").exists()
    run = jetflow("train", wider, "--events", sample, "--epochs", 1, "--out", tmp_path / "run")
    assert run.returncode == 0, run.stderr
    run = jetflow("build", tmp_path / "run", "--out", tmp_path / "build", "--n-events", 2, "--backend", "vivado")
    assert run.returncode == 0, run.stderr
    shutil.copy(tiny_run / "twn.npz", tmp_path / "run" / "twn.npz")
    run = jetflow("build", tmp_path / "run", "--out", tmp_path / "other")
    assert run.returncode == 2
    assert "twn.npz" in run.stderr
    assert "train with this config" in run.stderr
