"""`jetflow models`, `train` and `slim`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Precision", "models_app", "slim", "train"]

models_app = typer.Typer(help="The models that come with jetflow.", no_args_is_help=True, add_completion=False)


class Precision(StrEnum):
    """Of weights and activations."""

    FPN = "fpn"
    TWN = "twn"
    INT8 = "int8"


@models_app.command("list")
def list_models() -> None:
    """Names of the models."""
    from jetflow.model import find_model, model_names

    for name in model_names():
        typer.echo(f"{name:20} {find_model(name).config.summary}")


@models_app.command()
def show(
    model: Annotated[str, typer.Argument(help="NAME, RUN or FILE.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Size of a model: parameters, multiply-accumulates, operations, input."""
    from jetflow.model import find_model
    from jetflow.size import model_size

    size = model_size(find_model(model).config)
    if as_json:
        typer.echo(json.dumps(size))
        return
    for key, value in size.items():
        typer.echo(f"{key:12} {value:,}" if isinstance(value, int) else f"{key:12} {value}")


@contextmanager
def _progress() -> Iterator[Callable[[str], Callable[[int, int, float], None]]]:
    """Gives a function that opens a bar for a phase and returns what moves it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:16}"),
        BarColumn(20),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bars:

        def announce(name: str) -> Callable[[int, int, float], None]:
            task = bars.add_task(name, total=None, loss=float("nan"))

            def move(step: int, steps: int, loss: float) -> None:
                bars.update(task, completed=step, total=steps, loss=loss)

            return move

        yield announce


def train(
    model: Annotated[str, typer.Argument(help="NAME or FILE.yaml.")],
    events: Annotated[list[Path], typer.Option(help="Events file; may be given several times.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("run"),
    precision: Annotated[
        Precision, typer.Option(help="fpn alone, or a quantised one warm-started from it.")
    ] = Precision.TWN,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of every phase, instead of the config's.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and batches.")] = 1,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was interrupted, or add to it.")] = False,
    recipe: Annotated[
        str | None, typer.Option(help="NAME of models/recipes (papers) or FILE.yaml, instead of the config's.")
    ] = None,
    compare: Annotated[
        bool, typer.Option(help="Also train full precision on, by the quantised phases' steps.")
    ] = False,
    start_from: Annotated[
        str | None, typer.Option(help="NAME, RUN or weights.npz: start full precision with the weights that fit.")
    ] = None,
) -> None:
    """Train a model: full precision, then quantised, then with folded and quantised scales."""
    from jetflow.model import find_model
    from jetflow.recipe import find_recipe
    from jetflow.training import continue_full_precision, open_run, read_start
    from jetflow.training import train as run_training

    start = read_start(start_from) if start_from else None
    path = find_model(model).config_path
    chosen = find_recipe(recipe) if recipe else None
    run = open_run(path, events, seed, out, epochs, resume, start.digest if start else None, chosen)
    with _progress() as announce:
        run_training(run, precision.value, announce, start, typer.echo)
        if compare:
            continue_full_precision(run, announce)
    typer.echo(f"{out}: trained; `jetflow evaluate {out} --events FILE` gives its figures")


def slim(
    model: Annotated[str, typer.Argument(help="NAME or FILE.yaml.")],
    events: Annotated[list[Path], typer.Option(help="Events file; may be given several times.")],
    width: Annotated[int, typer.Option(min=1, help="Most channels of a block in the end.")],
    out: Annotated[Path, typer.Option(help="Folder for the new config and its weights.")] = Path("slim"),
    steps: Annotated[int, typer.Option(min=1, help="How often channels are pruned.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training before each pruning.")] = 20,
    strength: Annotated[float, typer.Option(min=0.0, help="Price of an operation in the loss.")] = 1e-11,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and batches.")] = 1,
    start_from: Annotated[
        str | None, typer.Option(help="NAME, RUN or weights.npz: start with the weights that fit.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a slimming that was interrupted.")] = False,
) -> None:
    """Slim a network: train with a price on operations, prune channels, and again; writes a new config."""
    from jetflow.model import find_model
    from jetflow.size import model_size
    from jetflow.training import Slimming, read_start
    from jetflow.training import slim as run_slimming

    start = read_start(start_from) if start_from else None
    plan = Slimming(width, steps, epochs, strength)
    with _progress() as announce:
        config = run_slimming(
            find_model(model).config_path, events, seed, out, plan, announce, typer.echo, start, resume
        )
    size = model_size(config)
    typer.echo(f"{out}: slimmed to {size['parameters']:,} parameters, {size['macs']:,} macs")
    typer.echo(f"go on: `jetflow train {out}/config.yaml --start-from {out}/slimmed.npz --events FILE --out RUN`")
