"""Training runs on the committed events: what they leave, and that a killed one ends as if it had not been."""

import csv
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import load_config
from jetflow.errors import InputError
from jetflow.graph import Conv2D
from jetflow.model import find_model
from jetflow.networks import fold, read_weights, write_weights
from jetflow.training import continue_full_precision, open_run, train

KILLED = """
import os, signal, sys
from pathlib import Path
from jetflow.training import open_run, train

config, events, out = (Path(argument) for argument in sys.argv[1:])

def announce(name):
    def progress(step, steps, loss):
        if name == "twn-quantised" and step == steps - 3:
            os.kill(os.getpid(), signal.SIGKILL)
    return progress

train(open_run(config, [events], seed=3, out=out, epochs=2, resume=False), "twn", announce)
"""


def quiet(name: str) -> Any:
    return lambda step, steps, loss: None


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_what_a_run_leaves(tiny_run: Path) -> None:
    phases = ("fpn", "twn-quantised", "twn-folded")
    for phase in phases:
        log = rows(tiny_run / phase / "log.csv")
        assert [row["epoch"] for row in log] == ["1"]
        assert float(log[0]["total"]) > 0
        assert list((tiny_run / phase / "tensorboard").glob("events.out.tfevents.*"))
    graph = find_model(str(tiny_run)).graph("twn")
    assert [node.ternary for node in graph if isinstance(node, Conv2D)] == [False, True, False, False, False]
    assert not list(tiny_run.rglob("*.part"))


def test_each_phase_starts_from_the_one_before(tiny_run: Path) -> None:
    """The quantised network is nearer to the full-precision one than chance, and yet another."""
    fpn, quantised = (read_weights(tiny_run / phase / "checkpoint.npz") for phase in ("fpn", "twn-quantised"))
    assert np.array_equal(read_weights(tiny_run / "fpn.npz")["block1_1_conv/kernel"], fpn["block1_1_conv/kernel"])
    a, b = fpn["block2_1_conv/kernel"].ravel(), quantised["block2_1_conv/kernel"].ravel()
    assert not np.array_equal(a, b)
    assert np.corrcoef(a, b)[0, 1] > 0.9


def test_fine_tuning_moves_the_scales_and_leaves_ternary_weights(tiny_run: Path) -> None:
    quantised, tuned = (
        read_weights(tiny_run / name) for name in ("twn-quantised/checkpoint.npz", "twn-folded/checkpoint.npz")
    )
    ternary = "block2_1_conv/kernel"
    assert np.array_equal(quantised[ternary], tuned[ternary])
    folded = fold(load_config(tiny_run / "config.yaml"), "twn", quantised)
    for moved in ("block2_1_norm/scale", "block1_1_conv/kernel", "block1_1_norm/bias"):
        assert not np.array_equal(folded[moved], tuned[moved])


def test_a_peak_of_its_own_is_that_of_one_precision(
    tiny_config: Path, tiny_run: Path, sample: Path, tmp_path: Path
) -> None:
    """With one of next to nothing the ternary weights stay where full precision left them; eight bits move."""
    config = tmp_path / "slow.yaml"
    slow = re.sub(r"quantised: \{", "quantised: {peaks: {twn: 1.0e-12}, ", tiny_config.read_text())
    config.write_text(slow)
    run = open_run(config, [sample], seed=3, out=tmp_path / "run", epochs=None, resume=False)
    (run.out / "fpn.npz").write_bytes((tiny_run / "fpn.npz").read_bytes())
    for precision in ("twn", "int8"):
        train(run, precision, quiet)
    before, twn, int8 = (
        read_weights(run.out / name)["block2_1_conv/kernel"]
        for name in ("fpn.npz", "twn-quantised/checkpoint.npz", "int8-quantised/checkpoint.npz")
    )
    assert np.array_equal(before, twn) and not np.array_equal(before, int8)


def test_killed_and_resumed_is_the_same(tiny_config: Path, sample: Path, tmp_path: Path) -> None:
    """SIGKILL in the second epoch of the second phase; all weights and logs as in a run that nobody killed."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    done = subprocess.run([sys.executable, "-c", KILLED, tiny_config, sample, killed], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(rows(killed / "twn-quantised" / "log.csv")) == 1
    assert not (killed / "twn.npz").exists()
    train(open_run(tiny_config, [sample], seed=3, out=killed, epochs=2, resume=True), "twn", quiet)
    train(open_run(tiny_config, [sample], seed=3, out=whole, epochs=2, resume=False), "twn", quiet)
    for name in ("fpn.npz", "twn.npz", "fpn/log.csv", "twn-quantised/log.csv", "twn-folded/log.csv", "run.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name


def test_killed_between_checkpoint_and_log(tiny_config: Path, tiny_run: Path, sample: Path, tmp_path: Path) -> None:
    """In the last epoch of a phase: there is no later one that would write the losses again."""
    log = tmp_path / "run" / "fpn" / "log.csv"
    shutil.copytree(tiny_run / "fpn", log.parent)
    log.unlink()
    train(open_run(tiny_config, [sample], seed=3, out=tmp_path / "run", epochs=None, resume=True), "fpn", quiet)
    assert log.read_bytes() == (tiny_run / "fpn" / "log.csv").read_bytes()


def test_full_precision_goes_on_and_is_compared(tiny_config: Path, sample: Path, tmp_path: Path) -> None:
    run = open_run(tiny_config, [sample], seed=3, out=tmp_path / "run", epochs=None, resume=False)
    with pytest.raises(InputError, match=r"fpn\.npz: not found"):
        continue_full_precision(run, quiet)
    train(run, "fpn", quiet)
    continue_full_precision(run, quiet)
    before, after = (read_weights(run.out / f"{name}.npz") for name in ("fpn", "fpn-continued"))
    assert list(before) == list(after)
    assert not np.array_equal(before["block1_1_conv/kernel"], after["block1_1_conv/kernel"])
    network = find_model(str(run.out)).network("fpn-continued")
    assert np.array_equal(network.get_layer("block1_1_conv").kernel.numpy(), after["block1_1_conv/kernel"])


def test_runs_are_not_mixed(tiny_config: Path, tiny_run: Path, sample: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds a run: give --resume"):
        open_run(tiny_config, [sample], seed=3, out=tiny_run, epochs=None, resume=False)
    with pytest.raises(InputError, match=r"was started with seed 3 \(not 4\)"):
        open_run(tiny_config, [sample], seed=4, out=tiny_run, epochs=None, resume=True)
    again = tmp_path / "same-number.h5"
    shutil.copyfile(sample, again)
    with again.open("ab") as file:
        file.write(bytes(1))
    with pytest.raises(InputError, match="was started with events sha256:"):
        open_run(tiny_config, [again], seed=3, out=tiny_run, epochs=None, resume=True)
    other = tmp_path / "other.yaml"
    other.write_text(tiny_config.read_text().replace("[4]", "[5]"))
    with pytest.raises(InputError, match="differs from"):
        open_run(other, [sample], seed=3, out=tiny_run, epochs=None, resume=True)


def test_too_few_events_for_a_batch(tiny_config: Path, sample: Path, tmp_path: Path) -> None:
    config = tmp_path / "large.yaml"
    config.write_text(tiny_config.read_text().replace("training:", "training:\n  batch: 300"))
    wanted = r"sample-256\.h5: training needs at least 300 events \(training\.batch\), found 256: give more"
    with pytest.raises(InputError, match=wanted):
        open_run(config, [sample], seed=1, out=tmp_path / "run", epochs=None, resume=False)
    assert not (tmp_path / "run").exists()


def test_a_damaged_checkpoint_is_named(tiny_config: Path, tiny_run: Path, sample: Path, tmp_path: Path) -> None:
    run = open_run(tiny_config, [sample], seed=1, out=tmp_path / "run", epochs=None, resume=False)
    checkpoint = run.out / "fpn" / "checkpoint.npz"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"half a check")
    with pytest.raises(InputError, match=r"checkpoint\.npz: not an npz of weights"):
        train(run, "fpn", quiet)
    write_weights(checkpoint, read_weights(tiny_run / "fpn.npz"))
    with pytest.raises(InputError, match=r"checkpoint\.npz: is no checkpoint of this network"):
        train(run, "fpn", quiet)


@pytest.mark.nightly
def test_interrupted_training_stages_and_dropout_go_on_alike(tiny_config: Path, sample: Path, tmp_path: Path) -> None:
    """A MobileNet with all that only training has, stopped in its second epoch; purged weights are the same."""
    config = tmp_path / "mobilenet.yaml"
    network = "network: {kind: mobilenet, stages: [[3], [4]], training_stages: [[4]], gate: true, dropout: 0.2}"
    config.write_text(tiny_config.read_text().replace("network: {stages: [[3], [4]]}", network))

    def stopping(name: str) -> Any:
        def progress(step: int, steps: int, loss: float) -> None:
            if step == steps - 3:
                raise KeyboardInterrupt

        return progress

    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    with pytest.raises(KeyboardInterrupt):
        train(open_run(config, [sample], 3, stopped, 2, resume=False), "fpn", stopping)
    train(open_run(config, [sample], 3, stopped, 2, resume=True), "fpn", quiet)
    train(open_run(config, [sample], 3, whole, 2, resume=False), "fpn", quiet)
    assert (stopped / "fpn.npz").read_bytes() == (whole / "fpn.npz").read_bytes()
    assert not any("training" in name or "block3" in name for name in read_weights(whole / "fpn.npz"))
    assert any("training_classes" in name for name in read_weights(whole / "fpn" / "checkpoint.npz"))
