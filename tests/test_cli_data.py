"""`jetflow data`: what the commands print, and one line with exit code 2 for bad input."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jetflow.events import open_events

SAMPLE = Path(__file__).parents[1] / "tb" / "events" / "sample-256.h5"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jetflow.cli_data", *arguments], capture_output=True, text=True, check=False
    )


def test_inspect() -> None:
    done = run("inspect", str(SAMPLE))
    assert done.returncode == 0
    assert "256 events, seed 256" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    for name in ("tt", "HH", "WW", "ZZ", "bb", "W/Z/H"):
        assert name in done.stdout


def test_inspect_draws(tmp_path: Path) -> None:
    done = run("inspect", str(SAMPLE), "--plots", str(tmp_path / "pictures"), "--events", "0")
    assert (done.returncode, done.stderr) == (0, "")
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == ["average-jets.png", "jet-shapes.png", "labels.png", "spectra.png"]
    assert all(name in done.stdout for name in names)
    refused = run("inspect", str(SAMPLE), "--plots", str(tmp_path / "more"), "--events", "300")
    assert refused.returncode == 2
    assert refused.stderr == f"error: --events: found 300; 0 to 256 events of {SAMPLE} can be drawn\n"


def test_inspect_without_the_extra(tmp_path: Path) -> None:
    """Only pictures need it."""
    (tmp_path / "mplhep.py").write_text("raise ImportError")
    hidden = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "jetflow.cli_data", "inspect", str(SAMPLE)]
    done = subprocess.run(
        [*command, "--plots", str(tmp_path / "out")], env=hidden, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "error: mplhep: not found, needed to draw: pip install 'jetflow[plots]'\n"
    assert not (tmp_path / "out").exists()
    assert subprocess.run(command, env=hidden, capture_output=True, check=False).returncode == 0


def test_generate(tmp_path: Path) -> None:
    out = tmp_path / "few.h5"
    done = run("generate", "--process", "qq", "--events", "4", "--mass", "1000:1000", "--out", str(out))
    assert done.returncode == 0
    assert "4 events" in done.stdout
    assert "FastJet" not in done.stdout
    lines = run("inspect", str(out)).stdout.splitlines()
    row = next(line.split() for line in lines if line.split()[:1] == ["qq"])
    assert row == ["qq", "0", "4", "0.0", "0", "0", "0"], "gravitons to light quarks have no labels"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--mass", "heavy"), "--mass: found 'heavy'; numbers separated by ':'"),
        (("--pileup", "0,-3"), "--pileup: found (0.0, -3.0)"),
        (("--process", "tt,foo"), "process 'foo' does not exist"),
        (("--events", "0"), "--events: found 0"),
        (("--card", "d0"), "detector card 'd0' does not exist"),
        (("--workers", "0"), "--workers: found 0"),
    ],
)
def test_bad_options(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run("generate", "--out", str(tmp_path / "out.h5"), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_inspect_of_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "cut.h5").write_bytes(SAMPLE.read_bytes()[:1000])
    done = run("inspect", str(tmp_path / "cut.h5"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_convert(tmp_path: Path) -> None:
    """Images of a user's own to our layout; the public layout is refused what has no particle flow."""
    images, ours = tmp_path / "own.npy", tmp_path / "ours.h5"
    np.save(images, np.ones((3, 68, 72, 1), np.uint8))
    done = run("convert", str(images), str(ours), "--channels", "hcal", "--lsb-gev", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.replace("\n", "").endswith("ours.h5: 3 events in the layout jetflow")
    with open_events(ours) as file:
        assert (file.image_et(("hcal",), "tower") == 2.0).all()
    for arguments, message in (
        ((str(ours), str(tmp_path / "back.h5"), "--layout", "public"), "track: absent; its channels are hcal"),
        ((str(ours), str(tmp_path / "back.h5")), "is in jetflow's layout already"),
        ((str(images), str(ours), "--pileup", "-1"), "--pileup: found -1.0"),
    ):
        done = run("convert", *arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ours.h5", "own.npy"]


def test_overlay(tmp_path: Path) -> None:
    out = tmp_path / "three.h5"
    done = run("overlay", str(SAMPLE), "--events-per-image", "3", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.replace("\n", "").endswith("three.h5: 85 images of 3 events")
    done = run("overlay", str(SAMPLE), "--events-per-image", "4", "--out", str(out))
    assert (done.returncode, done.stderr) == (2, "error: --events-per-image: found 4; 2 to 3 are allowed\n")
