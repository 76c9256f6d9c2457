"""`jetflow data`: make and look at files of collision events. Commands parse, call and print."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jetflow.errors import InputError, JetflowError

__all__ = ["app"]

app = typer.Typer(help="Make and inspect files of collision events.", no_args_is_help=True, add_completion=False)


class Layout(StrEnum):
    """Of the file that `convert` writes."""

    JETFLOW = "jetflow"
    PUBLIC = "public"


def _numbers(option: str, text: str, separator: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(separator))
    except ValueError as error:
        raise InputError(f"{option}: found {text!r}; numbers separated by {separator!r} are allowed") from error


@app.command()
def generate(
    out: Annotated[Path, typer.Option(help="The file to write (.h5).")],
    process: Annotated[
        str, typer.Option(help="tt, HH, WW, ZZ, bb, gg, qq (graviton decays) and minbias, comma-separated.")
    ] = "tt,HH,WW,ZZ,bb",
    pileup: Annotated[str, typer.Option(help="Mean pileup, 0 to 200; several values take turns: 0,50.")] = "0",
    events: Annotated[int, typer.Option(help="Events in total, split evenly over the processes.")] = 1000,
    workers: Annotated[int, typer.Option(help="Processes to use. The bytes do not depend on it.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 1,
    mass: Annotated[str, typer.Option(help="Graviton mass, or range LOW:HIGH [GeV].")] = "800:3500",
    ecm: Annotated[float, typer.Option(help="Collision energy [TeV].")] = 13.0,
    card: Annotated[str, typer.Option(help="Detector card: name or YAML file.")] = "cms-phase2",
    baseline: Annotated[bool, typer.Option(help="With the jets of the rule-based baseline.")] = True,
    cache: Annotated[Path | None, typer.Option(help="Folder that keeps pileup pools. Default: $JETFLOW_CACHE.")] = None,
    dask: Annotated[str | None, typer.Option(help="Dask scheduler, tcp://host:8786, to use instead.")] = None,
) -> None:
    """Generate collisions with Pythia 8 and the emulated detector. A killed run goes on where it was."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from jetflow.events.generation.request import Request
    from jetflow.events.generation.run import generate as run

    request = Request.of(
        processes=process.split(","),
        pileup=_numbers("--pileup", pileup, ","),
        events=events,
        seed=seed,
        mass=_numbers("--mass", mass, ":"),
        ecm=ecm * 1000,
        card=card,
        baseline=baseline,
    )
    columns = (TextColumn("{task.description:11}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        count = run(request, out, workers, cache, progress, dask)
    typer.echo(f"{out}: {count} events, {out.stat().st_size / count:.0f} bytes an event")


@app.command()
def benchmark(
    events: Annotated[int, typer.Option(help="Events to make.")] = 2000,
    process: Annotated[str, typer.Option(help="Processes, comma-separated.")] = "tt,HH,WW,ZZ,bb",
    pileup: Annotated[str, typer.Option(help="Mean pileup, 0 to 200.")] = "50",
    workers: Annotated[int, typer.Option(help="Processes to use.")] = 2,
    baseline: Annotated[bool, typer.Option(help="With the jets of the rule-based baseline.")] = True,
    cache: Annotated[Path | None, typer.Option(help="Folder that keeps pileup pools. Default: $JETFLOW_CACHE.")] = None,
) -> None:
    """Make events, read them, and print what it took on this machine."""
    from jetflow.events.benchmark import benchmark as run
    from jetflow.events.generation.request import Request

    request = Request.of(
        processes=process.split(","), pileup=_numbers("--pileup", pileup, ","), events=events, baseline=baseline
    )
    found = run(request, workers, cache)
    typer.echo(f"{events} events of {process} at mu {pileup}, {workers} workers, measured on this machine")
    typer.echo(f"events made           {found.events_per_s:10.1f} / s")
    typer.echo(f"                      {found.core_ms:10.1f} ms of a core an event")
    typer.echo(f"pileup pool           {found.pool_s:10.1f} s (0 where it is cached)")
    typer.echo(f"memory of a worker    {found.worker_mib:10.0f} MiB, highest")
    typer.echo(f"file                  {found.bytes_per_event:10.0f} bytes an event")
    typer.echo(f"tower images read     {found.towers_per_s:10.0f} / s a core")
    typer.echo(f"crystal images read   {found.crystals_per_s:10.0f} / s a core")


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="An events file.")],
    plots: Annotated[Path | None, typer.Option(help="Folder for pictures (.png).")] = None,
    events: Annotated[int, typer.Option(help="Events to draw, from the first on.")] = 3,
) -> None:
    """Check every value of an events file, print counts, spectra and checks, and draw it."""
    from rich.console import Console

    from jetflow.events.files.reader import open_events
    from jetflow.events.inspect.contents import read_contents
    from jetflow.events.inspect.pictures import draw
    from jetflow.events.inspect.summary import summary

    with open_events(file) as opened:
        contents = read_contents(opened)
        Console(width=80).print(*summary(opened, contents))
        for path in draw(opened, contents, plots, events) if plots else ():
            typer.echo(path)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Public or our .h5, .npy, .npz or .root.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write (.h5).")],
    layout: Annotated[Layout, typer.Option(help="Of OUT; public is that of Zenodo 4883651.")] = Layout.JETFLOW,
    pileup: Annotated[float, typer.Option(help="Mean pileup to note: other files do not say.")] = 0.0,
    channels: Annotated[str, typer.Option(help="What the channels of .npy and .npz images are.")] = "ecal,hcal",
    lsb_gev: Annotated[float, typer.Option(help="GeV of a count in images of integers.")] = 0.5,
    branches: Annotated[Path | None, typer.Option(help="YAML with names of ROOT branches, see README.")] = None,
    inside_top: Annotated[
        bool, typer.Option("--inside-top", help="In public: label the W inside a top too, as the authors do.")
    ] = False,
) -> None:
    """Bring events, images and trees of others to our layout, or ours to the public one."""
    from jetflow.events.layouts.convert import Options
    from jetflow.events.layouts.convert import convert as run

    if not 0 <= pileup < float("inf"):
        raise InputError(f"--pileup: found {pileup}; a mean of 0 or more collisions is allowed")
    options = Options(pileup, tuple(channels.split(",")), lsb_gev, branches, inside_top)
    count = run(source, out, layout.value, options)
    typer.echo(f"{out}: {count} events in the layout {layout.value}")


@app.command()
def overlay(
    file: Annotated[Path, typer.Argument(help="An events file.")],
    out: Annotated[Path, typer.Option(help="The file to write (.h5).")],
    events_per_image: Annotated[int, typer.Option(help="2 or 3.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Chooses which events come together.")] = 1,
) -> None:
    """Put two or three events into one, to evaluate on (PFJet-SSD, figure 5)."""
    from jetflow.events.overlay import overlay_file

    count = overlay_file(file, out, events_per_image, seed)
    typer.echo(f"{out}: {count} images of {events_per_image} events")


if __name__ == "__main__":
    try:
        app()
    except JetflowError as problem:
        typer.echo(f"error: {problem}", err=True)
        sys.exit(problem.exit_code)
