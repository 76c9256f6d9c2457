"""A training run: full precision, then quantised weights warm-started from it, then folded scales fine-tuned."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetflow.atomic import atomic_path, write_text
from jetflow.config import ModelConfig, PhaseConfig, PhaseName, load_config
from jetflow.errors import InputError
from jetflow.graph import GraphError
from jetflow.graph.lowering import lower
from jetflow.networks import Phase, build_network, fold, folded_formats, read_weights, set_weights, write_weights
from jetflow.networks.backend import keras
from jetflow.networks.weights import Arrays, get_weights
from jetflow.training.batches import TrainingSet
from jetflow.training.loop import Progress, train_phase
from jetflow.training.record import RunRecord, read_record

__all__ = ["Run", "continue_full_precision", "open_run", "train"]

Announce = Callable[[str], Progress]  # called with the name of a phase


@dataclass(frozen=True)
class Run:
    """A folder with config.yaml, run.json, an npz a precision and a folder a phase (log, checkpoint, TensorBoard)."""

    out: Path
    config: ModelConfig
    record: RunRecord
    data: TrainingSet

    def phase(self, name: PhaseName) -> PhaseConfig:
        """A phase's recipe with this run's number of epochs."""
        return self.config.training.phases[name].model_copy(update={"epochs": self.record.epochs[name]})


def open_run(config_path: Path, events: list[Path], seed: int, out: Path, epochs: int | None, resume: bool) -> Run:
    """Start a run in `out`, or go on with the one that is there. `epochs` replaces those of every phase.

    Raises InputError for bad events, for a folder that holds a run unless `resume` is given, and for another config,
    seed, number of epochs or of events than that run's.
    """
    config = load_config(config_path)
    if (out / "config.yaml").exists() and not resume:
        raise InputError(f"{out}: holds a run: give --resume to go on with it, or another --out")
    data = TrainingSet.read(events, config)
    wanted = {name: epochs or phase.epochs for name, phase in config.training.phases.items()}
    record = RunRecord(seed=seed, train_events=len(data), batch=config.training.batch, epochs=wanted)
    if (out / "config.yaml").exists():
        if load_config(out / "config.yaml") != config:
            raise InputError(f"{out / 'config.yaml'}: differs from {config_path}: give another --out")
        if (before := read_record(out)) != record:
            raise InputError(f"{out}: was started with {before.differences(record)}: give another --out or the same")
    write_text(out / "run.json", json.dumps(record.model_dump(by_alias=True), indent=1) + "\n")
    with atomic_path(out / "config.yaml") as part:
        shutil.copyfile(config_path, part)
    return Run(out, config, record, data)


def train(run: Run, precision: str, announce: Announce) -> None:
    """Train `precision` and write PRECISION.npz; a quantised one starts from fpn.npz, which is trained first.

    Phases that are done are not run again; one that was interrupted goes on after its last whole epoch.
    """
    out = run.out
    if not (out / "fpn.npz").exists():
        write_weights(out / "fpn.npz", _phase(run, "fpn", "fpn", Phase.FPN, None, announce))
    if precision == "fpn":
        return
    start = read_weights(out / "fpn.npz")
    quantised = _phase(run, f"{precision}-quantised", precision, Phase.QUANTISED, start, announce)
    folded = fold(run.config, precision, quantised)
    _check_exact(run, precision, folded)
    formats = {name: array for name, array in folded.items() if name.endswith("/format")}
    tuned = _phase(run, f"{precision}-folded", precision, Phase.FOLDED, folded, announce)
    write_weights(out / f"{precision}.npz", {**tuned, **formats})


def _check_exact(run: Run, precision: str, folded: Arrays) -> None:
    """Raise InputError before the last phase, not at the first build, where the folded network has no exact graph."""
    model: Any = build_network(run.config, Phase.FOLDED, precision, folded_formats(folded))
    set_weights(model, folded, run.out)
    try:
        lower(model, run.config.input.fixed_point())
    except GraphError as error:
        raise InputError(f"{run.out / 'config.yaml'}: {precision} has no exact integer graph: {error}") from error


def continue_full_precision(run: Run, announce: Announce) -> None:
    """Train fpn.npz on, in full precision, by the steps that the quantised phases take: the fair comparison.

    Writes fpn-continued.npz. Raises InputError where there is no fpn.npz.
    """
    arrays = read_weights(run.out / "fpn.npz")
    for recipe in (Phase.QUANTISED, Phase.FOLDED):
        arrays = _phase(run, f"fpn-continued-{recipe}", "fpn", Phase.FPN, arrays, announce, recipe)
    write_weights(run.out / "fpn-continued.npz", arrays)


def _phase(
    run: Run,
    name: str,
    precision: str,
    phase: Phase,
    start: Arrays | None,
    announce: Announce,
    recipe: Phase | None = None,
) -> Arrays:
    """Train one phase in its folder `name`, by its own recipe or that of another phase; returns its weights."""
    keras.utils.set_random_seed(run.record.seed)
    training = start is None  # the deeper stages are purged when full precision is trained
    model: Any = build_network(run.config, phase, precision, folded_formats(start or {}), training)
    if start is not None:
        set_weights(model, start, run.out)
    chosen = recipe or phase
    seed = run.record.seed + list(Phase).index(chosen)  # another order of events in every phase
    train_phase(model, run.data, run.config, run.phase(chosen.value), seed, run.out / name, announce(name))
    if training:
        kept = get_weights(build_network(run.config))
        return {name: array for name, array in get_weights(model).items() if name in kept}
    return get_weights(model)
