"""Slimming: training with a price on channels by their operations, pruning, and again (paper 2, section 3)."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jetflow.architecture import architecture
from jetflow.atomic import write_text
from jetflow.config import ModelConfig, load_config, save_config
from jetflow.errors import InputError
from jetflow.networks import write_weights
from jetflow.training.batches import training_events
from jetflow.training.pruning import check_prunable, operation_costs, prune
from jetflow.training.run import Announce, open_run, train_full_precision
from jetflow.training.start import Start, read_start

__all__ = ["Slimming", "slim"]

PRUNED = "pruned"
PLAN = "slimming.json"  # what the slimming of a folder was started with


@dataclass(frozen=True)
class Slimming:
    """How a network is slimmed: after `steps` times `epochs` no block has more than `width` channels.

    The limit falls in a line from each block's own width. `strength` times a block's operations is what the sum of its
    |gamma| adds to the loss; 1e-11 is that of the papers' code.
    """

    width: int
    steps: int = 5
    epochs: int = 20
    strength: float = 1e-11

    def limit(self, step: int, start: int) -> int:
        """Most channels after `step` (from 1) of a block that had `start`."""
        return start - max(0, start - self.width) * step // self.steps


def slim(
    config_path: Path,
    events: list[Path],
    seed: int,
    out: Path,
    slimming: Slimming,
    announce: Announce,
    say: Callable[[str], None],
    start: Start | None = None,
    resume: bool = False,
) -> ModelConfig:
    """Slim a network; writes `out`/config.yaml and the weights to go on from, `out`/slimmed.npz; returns the config.

    Every step is a run in its own folder; one that was killed goes on with `resume`. Raises InputError for what
    open_run refuses, for a network that cannot be pruned, for an `out` that holds a slimming unless `resume` is given,
    and for another config or plan than that slimming's.
    """
    if (out / "step1").exists() and not resume:
        raise InputError(f"{out}: holds a slimming: give --resume to go on with it, or another --out")
    config = load_config(config_path)
    check_prunable(config)
    training_events(events, config)
    _keep_plan(out / PLAN, {**asdict(slimming), "config": config.model_dump(mode="json", by_alias=True)})
    widths = {b.name: b.channels for b in architecture(config, training=True).blocks}
    path = config_path
    for step in range(1, slimming.steps + 1):
        folder = out / f"step{step}"
        if not (folder / f"{PRUNED}.npz").exists():
            digest = start.digest if start else None
            run = open_run(path, events, seed, folder, slimming.epochs, resume=True, start_from=digest)
            costs = {name: cost * slimming.strength for name, cost in operation_costs(run.config).items()}
            arrays = train_full_precision(run, "fpn", announce, start, say, costs)
            limits = {name: slimming.limit(step, width) for name, width in widths.items()}
            narrower, kept = prune(run.config, arrays, limits)
            save_config(folder / f"{PRUNED}.yaml", narrower)
            write_weights(folder / f"{PRUNED}.npz", kept)
        path, start = folder / f"{PRUNED}.yaml", read_start(str(folder / f"{PRUNED}.npz"))
        say(f"step {step}: channels {_widths(load_config(path))}")
    config = load_config(path)
    config = config.model_copy(update={"name": f"{config.name[:36]}-slim", "summary": f"{config.name}, slimmed"})
    write_weights(out / "slimmed.npz", start.arrays if start else {})
    save_config(out / "config.yaml", config)
    return config


def _keep_plan(path: Path, plan: dict[str, Any]) -> None:
    """Write the plan, or hold it against the one that is there."""
    text = json.dumps(plan, indent=1) + "\n"
    if path.exists() and path.read_text() != text:
        raise InputError(
            f"{path}: was started with another config, width, steps, epochs or strength: give another --out"
        )
    write_text(path, text)


def _widths(config: ModelConfig) -> str:
    """Channels as in the papers: P is a pooling, | begins what only training has."""
    network = config.network
    stages = [" ".join(str(c.channels) for c in stage) for stage in (*network.stages, *network.training_stages)]
    count = len(network.stages)
    return " P ".join(stages[:count]) + "".join(f" | P {stage}" for stage in stages[count:])
