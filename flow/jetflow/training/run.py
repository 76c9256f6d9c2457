"""A training run: full precision, then quantised weights warm-started from it, then folded scales fine-tuned."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetflow.atomic import atomic_path, write_text
from jetflow.config import ModelConfig, load_config, save_config
from jetflow.errors import InputError
from jetflow.events import EventStream
from jetflow.graph import GraphError
from jetflow.graph.lowering import lower
from jetflow.networks import Phase, build_network, fold, folded_formats, read_weights, set_weights, write_weights
from jetflow.networks.backend import keras
from jetflow.networks.weights import Arrays, get_acting_weights, get_weights
from jetflow.recipe import PhaseConfig, PhaseName, TrainingConfig
from jetflow.training.batches import training_events
from jetflow.training.devices import check_batch, choose_strategy, own_folder, use_mixed_precision
from jetflow.training.loop import Progress, train_phase
from jetflow.training.record import RunRecord, digest, read_record
from jetflow.training.start import Start, warm_start

__all__ = ["Announce", "Run", "continue_full_precision", "open_run", "train", "train_full_precision"]

Announce = Callable[[str], Progress]  # called with the name of a phase


@dataclass(frozen=True)
class Run:
    """A folder with config.yaml, run.json, an npz a precision and a folder a phase (log, checkpoint, TensorBoard)."""

    out: Path
    config: ModelConfig
    record: RunRecord
    data: EventStream
    strategy: Any  # of tf.distribute

    def phase(self, name: PhaseName) -> PhaseConfig:
        """A phase's recipe with this run's number of epochs."""
        return self.config.training.phases[name].model_copy(update={"epochs": self.record.epochs[name]})


def open_run(
    config_path: Path,
    events: list[Path],
    seed: int,
    out: Path,
    epochs: int | None,
    resume: bool,
    start_from: str | None = None,
    recipe: TrainingConfig | None = None,
) -> Run:
    """Start a run in `out`, or go on with the one that is there. `epochs` replaces those of every phase.

    `recipe` takes the place of the config's; `start_from` is the digest of the weights that full precision starts from.
    Raises InputError for bad events, for a folder that holds a run unless `resume` is given, and for another config,
    seed, number of epochs or of events, or start than that run's.
    """
    config = load_config(config_path)
    if recipe is not None:
        config = config.model_copy(update={"training": recipe})
    strategy = choose_strategy()
    check_batch(strategy, config.training.batch)
    out = own_folder(strategy, out)
    if (out / "config.yaml").exists() and not resume:
        raise InputError(f"{out}: holds a run: give --resume to go on with it, or another --out")
    data = training_events(events, config)
    wanted = {name: epochs or phase.epochs for name, phase in config.training.phases.items()}
    record = RunRecord(
        seed=seed,
        train_events=len(data),
        events=digest(*events),
        batch=config.training.batch,
        epochs=wanted,
        start_from=start_from,
    )
    if (out / "config.yaml").exists():
        if load_config(out / "config.yaml") != config:
            raise InputError(f"{out / 'config.yaml'}: differs from {config_path}: give another --out")
        if (before := read_record(out)) != record:
            raise InputError(f"{out}: was started with {before.differences(record)}: give another --out or the same")
    write_text(out / "run.json", json.dumps(record.model_dump(by_alias=True), indent=1) + "\n")
    if recipe is not None:
        save_config(out / "config.yaml", config)
    else:
        with atomic_path(out / "config.yaml") as part:
            shutil.copyfile(config_path, part)
    return Run(out, config, record, data, strategy)


def train(
    run: Run, precision: str, announce: Announce, start: Start | None = None, say: Callable[[str], None] | None = None
) -> None:
    """Train `precision` and write PRECISION.npz; a quantised one starts from fpn.npz, which is trained first.

    Phases that are done are not run again; one that was interrupted goes on after its last whole epoch. Full precision
    begins with the weights of `start` that fit; `say` is then called with a line about them.
    """
    out = run.out
    if not (out / "fpn.npz").exists():
        arrays = train_full_precision(run, "fpn", announce, start, say)
        kept = get_weights(build_network(run.config))  # the deeper stages have done their work
        write_weights(out / "fpn.npz", {name: array for name, array in arrays.items() if name in kept})
    if precision == "fpn":
        return
    before = read_weights(out / "fpn.npz")
    quantised = _phase(run, f"{precision}-quantised", precision, Phase.QUANTISED, before, announce)
    folded = fold(run.config, precision, get_weights(quantised))
    _check_exact(run, precision, folded)
    formats = {name: array for name, array in folded.items() if name.endswith("/format")}
    tuned = _phase(run, f"{precision}-folded", precision, Phase.FOLDED, folded, announce)
    write_weights(out / f"{precision}.npz", {**get_acting_weights(tuned), **formats})


def _check_exact(run: Run, precision: str, folded: Arrays) -> None:
    """Raise InputError before the last phase, not at the first build, where the folded network has no exact graph."""
    model: Any = build_network(run.config, Phase.FOLDED, precision, folded_formats(folded))
    set_weights(model, folded, run.out)
    try:
        lower(model, run.config.input.fixed_point())
    except GraphError as error:
        raise InputError(f"{run.out / 'config.yaml'}: {precision} has no exact integer graph: {error}") from error


def train_full_precision(
    run: Run,
    name: str,
    announce: Announce,
    start: Start | None = None,
    say: Callable[[str], None] | None = None,
    penalty: Mapping[str, float] | None = None,
) -> Arrays:
    """Train full precision with the training-only stages in the run's folder `name`; returns all weights.

    `penalty` is that of step.make_step.
    """
    use_mixed_precision(True)
    with run.strategy.scope():
        keras.utils.set_random_seed(run.record.seed)
        model: Any = build_network(run.config, training=True)
        if start is not None:
            line = warm_start(model, start)
            if say is not None:
                say(line)
        train_phase(
            model, run.data, run.config, run.phase("fpn"), run.record.seed, run.out / name, announce(name), penalty
        )
    use_mixed_precision(False)
    return get_weights(model)


def continue_full_precision(run: Run, announce: Announce) -> None:
    """Train fpn.npz on, in full precision, by the steps that the quantised phases take: the fair comparison.

    Writes fpn-continued.npz. Raises InputError where there is no fpn.npz.
    """
    arrays = read_weights(run.out / "fpn.npz")
    for recipe in (Phase.QUANTISED, Phase.FOLDED):
        model = _phase(run, f"fpn-continued-{recipe}", "fpn", Phase.FPN, arrays, announce, recipe)
        arrays = get_weights(model)
    write_weights(run.out / "fpn-continued.npz", arrays)


def _phase(
    run: Run,
    name: str,
    precision: str,
    phase: Phase,
    start: Arrays,
    announce: Announce,
    recipe: Phase | None = None,
) -> Any:
    """Train one phase from `start` in its folder `name`, by its own recipe or another phase's; returns the model."""
    with run.strategy.scope():
        keras.utils.set_random_seed(run.record.seed)
        hold = phase is Phase.QUANTISED and run.config.training.grace_epochs > 0
        model: Any = build_network(run.config, phase, precision, folded_formats(start), hold=hold)
        set_weights(model, start, run.out)
        chosen = recipe or phase
        seed = run.record.seed + list(Phase).index(chosen)  # another order of events in every phase
        wanted = run.phase(chosen.value).of(precision)
        train_phase(model, run.data, run.config, wanted, seed, run.out / name, announce(name))
    return model
