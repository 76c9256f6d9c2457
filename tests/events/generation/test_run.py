"""The driver: same bytes for any number of workers, after a kill, and nothing left behind on failure."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jetflow.errors import InputError, MissingToolError
from jetflow.events import extra, open_events
from jetflow.events.block import Block
from jetflow.events.generation.pileup import Pool
from jetflow.events.generation.request import Request
from jetflow.events.generation.run import generate

COMMAND = [sys.executable, "-m", "jetflow.cli_data", "generate", "--process", "WW,bb,HH,ZZ", "--events", "80"]


def test_same_bytes_for_any_number_of_workers(tmp_path: Path, cache: Path, pool: Pool) -> None:
    request = Request(processes=("WW", "bb"), pileup=(0.0, 50.0), events=40, seed=11)
    one, two = tmp_path / "one.h5", tmp_path / "two.h5"
    assert generate(request, one, workers=1, cache=cache) == 40
    assert generate(request, two, workers=2, cache=cache) == 40
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.h5", "two.h5"]
    with open_events(one) as file:
        file.check()
        assert str(tmp_path) not in str(file.provenance)
        assert sorted(file.mu.tolist()) == [0.0] * 20 + [50.0] * 20


def test_other_seeds_are_other_events(tmp_path: Path) -> None:
    files = [tmp_path / "first.h5", tmp_path / "second.h5"]
    for seed, path in enumerate(files):
        generate(Request(processes=("WW",), events=5, seed=seed), path)
    with open_events(files[0]) as first, open_events(files[1]) as second:
        assert set(first.labels().pt.tolist()).isdisjoint(second.labels().pt.tolist())


def test_killed_and_run_again(tmp_path: Path) -> None:
    """SIGKILL once the first shard is there: the workers go too, and the next run ends with the same file."""
    killed, whole = tmp_path / "killed.h5", tmp_path / "whole.h5"
    run = subprocess.Popen([*COMMAND, "--workers", "2", "--out", str(killed)], stdout=subprocess.DEVNULL)
    folder = tmp_path / ".killed.h5.shards"
    deadline = time.monotonic() + 60
    while not list(folder.glob("*.npz")) and time.monotonic() < deadline:
        time.sleep(0.01)
    children = [int(pid) for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not killed.exists()
    done = len(list(folder.glob("*.npz")))
    assert 1 <= done < 4
    while any(_alive(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(_alive(pid) for pid in children)
    subprocess.run([*COMMAND, "--workers", "1", "--out", str(killed)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*COMMAND, "--workers", "2", "--out", str(whole)], check=True, stdout=subprocess.DEVNULL)
    assert killed.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed.h5", "whole.h5"]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_full_disk(tmp_path: Path) -> None:
    """A file may not grow beyond 4 kB: exit 2, one line, and no file."""
    out = tmp_path / "out.h5"
    done = subprocess.run(
        [*COMMAND[:4], "--process", "WW", "--events", "10", "--out", str(out)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be written" in done.stderr
    assert not out.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_full_disk_while_merging(tmp_path: Path, sample: Path) -> None:
    """The same where the file itself does not fit: HDF5 fails, or flushes too late."""
    code = f"""
import resource
from pathlib import Path
import numpy as np
from jetflow.errors import InputError
from jetflow.events import open_events
from jetflow.events.block import Block
from jetflow.events.files.writer import write_events
with open_events({str(sample)!r}) as file:
    tables = {{name: file.cells(name) for name in ("ecal", "hcal")}} | {{"truth": file.truth()}}
    block = Block({{"process": file.process, "mu": file.mu, "npu": file.npu}}, tables)
    grid = file.grid
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_events(Path({str(tmp_path)!r}) / "out.h5", [block] * 3, grid, ["x"], {{}})
except InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "out.h5: cannot be written" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written"):
        generate(Request(processes=("WW",), events=1), tmp_path / "out.h5")


def test_bad_calls(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--workers: found 0"):
        generate(Request(), tmp_path / "out.h5", workers=0)
    with pytest.raises(InputError, match="is a folder"):
        generate(Request(), tmp_path)


def test_missing_extra() -> None:
    with pytest.raises(MissingToolError, match=r"needs no_such_package.*pip install 'jetflow\[events\]'"):
        extra.optional("no_such_package")


def test_corrupt_shard(tmp_path: Path) -> None:
    (tmp_path / "shard.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"shard\.npz: corrupt shard; remove"):
        Block.load(tmp_path / "shard.npz")
