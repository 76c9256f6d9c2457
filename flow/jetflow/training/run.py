"""A training run: full precision, then quantised weights warm-started from it, then folded scales fine-tuned."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jetflow.atomic import atomic_path
from jetflow.config import ModelConfig, PhaseConfig, PhaseName, load_config
from jetflow.errors import InputError
from jetflow.networks import Phase, build_network, fold, folded_formats, read_weights, set_weights, write_weights
from jetflow.networks.backend import keras
from jetflow.networks.weights import Arrays, get_weights
from jetflow.training.batches import TrainingSet
from jetflow.training.loop import Progress, train_phase

__all__ = ["check_out", "continue_full_precision", "train"]

Announce = Callable[[str], Progress]  # called with the name of a phase


def check_out(out: Path, config_path: Path, resume: bool) -> None:
    """Refuse to mix runs: a folder with a run needs `resume`, and the same config. Raises InputError."""
    before = out / "config.yaml"
    if not before.exists():
        return
    if not resume:
        raise InputError(f"{out}: holds a run: give --resume to go on with it, or another --out")
    if load_config(before) != load_config(config_path):
        raise InputError(f"{before}: differs from {config_path}: give another --out to train another config")


def train(
    config_path: Path,
    config: ModelConfig,
    precision: str,
    events: list[Path],
    seed: int,
    out: Path,
    epochs: int | None,
    announce: Announce,
) -> None:
    """Train `precision` into the folder `out`: config.yaml, PRECISION.npz, and a folder a phase with its logs.

    A quantised precision starts from `out`/fpn.npz, which is trained first if it is not there. Phases that are done
    are not run again; a phase that was interrupted goes on after its last whole epoch. `epochs` replaces the number
    of epochs of every phase.
    """
    data = TrainingSet.read(events, config)
    with atomic_path(out / "config.yaml") as part:
        shutil.copyfile(config_path, part)
    phases = _phases(config, epochs)

    def run(name: str, phase: Phase, recipe: PhaseConfig, arrays: Arrays | None, formats: Any = None) -> Arrays:
        keras.utils.set_random_seed(seed)
        model = build_network(config, phase, precision, formats)
        if arrays is not None:
            set_weights(model, arrays, out)
        offset = list(Phase).index(phase)  # another order of events in every phase
        train_phase(model, data, config, recipe, seed + offset, out / name, announce(name))
        return get_weights(model)

    if not (out / "fpn.npz").exists():
        write_weights(out / "fpn.npz", run("fpn", Phase.FPN, phases["fpn"], None))
    if precision == "fpn":
        return
    quantised = run(f"{precision}-quantised", Phase.QUANTISED, phases["quantised"], read_weights(out / "fpn.npz"))
    start = fold(config, precision, quantised)
    formats = folded_formats(start)
    folded = run(f"{precision}-folded", Phase.FOLDED, phases["folded"], start, formats)
    kept = {name: array for name, array in start.items() if name.endswith("/format")}
    write_weights(out / f"{precision}.npz", {**folded, **kept})


def continue_full_precision(
    config: ModelConfig, events: list[Path], seed: int, out: Path, epochs: int | None, announce: Announce
) -> None:
    """Train `out`/fpn.npz on, in full precision, by the steps that the quantised phases take: the fair comparison.

    Writes `out`/fpn-continued.npz. Raises InputError where there is no fpn.npz.
    """
    arrays = read_weights(out / "fpn.npz")
    data = TrainingSet.read(events, config)
    phases = _phases(config, epochs)
    for i, recipe in enumerate((phases["quantised"], phases["folded"])):
        model = build_network(config, Phase.FPN)
        set_weights(model, arrays, out)
        folder = out / f"fpn-continued-{i + 1}"
        train_phase(model, data, config, recipe, seed + i + 1, folder, announce(folder.name))
        arrays = get_weights(model)
    write_weights(out / "fpn-continued.npz", arrays)


def _phases(config: ModelConfig, epochs: int | None) -> dict[PhaseName, PhaseConfig]:
    """The phases' recipes, each with `epochs` epochs if given."""
    return {
        name: phase if epochs is None else phase.model_copy(update={"epochs": epochs})
        for name, phase in config.training.phases.items()
    }
