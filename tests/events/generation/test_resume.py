"""Killed anywhere, a run goes on and ends with the same bytes; a full disk leaves nothing half-written."""

import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

# Makes the file argv[1] and kills itself at call argv[2] of its progress (0: never).
RUN = """
import os, signal, sys
from pathlib import Path
from jetflow.events.generation.run import generate
from jetflow.events.generation.request import Request

calls = 0

def progress(what, done, total):
    global calls
    calls += 1
    print(what, done, flush=True)
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

generate(Request(processes=("WW", "bb", "qq"), events=12, seed=4), Path(sys.argv[1]), progress=progress)
"""


def start(out: Path, stop: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(out), str(stop)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def killed(out: Path, stop: int) -> str:
    """The last line of progress of a run that kills itself."""
    run = start(out, stop)
    lines, errors = run.communicate()
    assert (run.returncode, errors) == (-signal.SIGKILL, "")
    assert not out.exists()
    return lines.splitlines()[-1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a run gives that nobody disturbs."""
    out = tmp_path_factory.mktemp("whole") / "whole.h5"
    run = start(out, 0)
    assert run.wait() == 0
    return out.read_bytes()


def test_killed_in_every_stage(tmp_path: Path, whole: bytes) -> None:
    """After the first shard, after the last one, and while the shards are merged; each run goes on where one died."""
    out = tmp_path / "out.h5"
    assert [killed(out, stop) for stop in (1, 3, 4)] == ["events 1", "events 3", "merge 1"]
    assert (tmp_path / ".out.h5.shards").is_dir()
    assert start(out, 0).wait() == 0
    assert out.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.nightly
def test_killed_at_random_times(tmp_path: Path, whole: bytes) -> None:
    """SIGKILL from outside at 25 random times of a run, also in the middle of a file."""
    rng = random.Random(1)
    begin = time.monotonic()
    assert start(tmp_path / "timed.h5", 0).wait() == 0
    lasts = time.monotonic() - begin
    (tmp_path / "timed.h5").unlink()
    out = tmp_path / "out.h5"
    for _ in range(25):
        run = start(out, 0)
        time.sleep(rng.uniform(0.3, 1.0) * lasts)
        run.kill()
        run.communicate()
        assert not out.exists() or out.read_bytes() == whole
    assert start(out, 0).wait() == 0
    assert out.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("limit", [4_000, 60_000, 150_000])
@pytest.mark.parametrize("command", ["overlay", "convert", "public"])
def test_a_full_disk(tmp_path: Path, sample: Path, command: str, limit: int) -> None:
    """No file may grow beyond `limit` bytes: exit 2, one line, no file."""
    source, out = tmp_path / "in.npy", tmp_path / "out" / "out.h5"
    out.parent.mkdir()
    images = np.random.default_rng(1).integers(0, 1000, (40, 68, 72, 3)).astype(np.uint16)
    np.save(source, images)
    arguments = ["overlay", str(sample), "--out", str(out)]
    if command != "overlay":
        arguments = ["convert", str(source), str(out), "--channels", "track,photon,neutral"]
    if command == "public":
        ours = tmp_path / "ours.h5"
        subprocess.run([*COMMAND, "convert", str(source), str(ours), *arguments[3:]], check=True, capture_output=True)
        arguments = ["convert", str(ours), str(out), "--layout", "public"]
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"{out}: cannot be written" in done.stderr
    assert list(out.parent.iterdir()) == []


COMMAND = [sys.executable, "-m", "jetflow.cli_data"]
