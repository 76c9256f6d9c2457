"""`jetflow build`, `verify`, `report` and `doctor`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jetflow.cli_models import Precision

__all__ = ["build", "doctor", "report", "verify"]

DEFAULT_MODEL = "jetssd-tower-small"


class Target(StrEnum):
    """What the firmware is for."""

    FPGA = "fpga"
    DSP = "dsp"


class Backend(StrEnum):
    """The HLS compiler that the project is written for."""

    VITIS = "vitis"
    VIVADO = "vivado"


class Flow(StrEnum):
    """How an FPGA's firmware is written."""

    HLS = "hls"
    RTL = "rtl"
    BOTH = "both"


class PixelsPerClock(StrEnum):
    """How many pixels of a column the open RTL takes in a clock."""

    ONE = "1"
    TWO = "2"
    FOUR = "4"
    EIGHT = "8"


class Minimise(StrEnum):
    """What the open RTL's layers are chosen for."""

    LATENCY = "latency"
    AREA = "area"


Progress = Callable[[str, int, int], None]


@contextmanager
def _bars() -> Iterator[Progress]:
    """Gives a function that moves the bar of a comparison."""
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("  simulating {task.description:8}"),
        BarColumn(20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def move(name: str, events: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.advance(tasks[name], events)

        yield move


def build(
    model: Annotated[str, typer.Argument(help="NAME, RUN or FILE.yaml.")] = DEFAULT_MODEL,
    target: Annotated[Target, typer.Option(help="What the firmware is for.")] = Target.FPGA,
    precision: Annotated[Precision, typer.Option(help="Of the weights; fpn has no firmware.")] = Precision.TWN,
    part: Annotated[
        str | None, typer.Option(help="DEVICE-PACKAGE-SPEED or DSP core; hw/targets has them, the first is default.")
    ] = None,
    clock_mhz: Annotated[
        float | None, typer.Option(min=1, max=1000, help="Clock that synthesis aims at; default 300.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="Events file, .npz or .npy to verify on; default those of tb/events.")
    ] = None,
    n_events: Annotated[
        int | None,
        typer.Option(min=1, help="How many of its events; default 128, fewer at full size; open RTL is given 8."),
    ] = None,
    backend: Annotated[Backend | None, typer.Option(help="HLS compiler; default vitis.")] = None,
    flow: Annotated[
        Flow | None, typer.Option(help="hls4ml project (default), open RTL with counted cycles and resources, or both.")
    ] = None,
    target_ii: Annotated[
        int | None, typer.Option(min=1, help="HLS: most clocks between two images; default the input stream's rate.")
    ] = None,
    target_latency_us: Annotated[
        float | None, typer.Option(min=0.001, help="HLS: longest time from first pixel to last word.")
    ] = None,
    target_rate_khz: Annotated[float | None, typer.Option(min=0.001, help="HLS: least images a ms.")] = None,
    pixels_per_clock: Annotated[
        PixelsPerClock | None, typer.Option(help="At the open RTL's input; default 1. More lanes, less latency.")
    ] = None,
    minimise: Annotated[
        Minimise | None, typer.Option(help="Open RTL: least latency in --max-lut (default), or least area at its rate.")
    ] = None,
    max_lut: Annotated[
        int | None, typer.Option(min=1, help="Open RTL: most LUTs; default what the part holds.")
    ] = None,
    implementations: Annotated[
        Path | None,
        typer.Option(help="Open RTL: a JSON file that says how each layer is built, as interface.json does."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default build/MODEL, build/MODEL-dsp for a DSP.")] = None,
) -> None:
    """Turn a trained model into firmware, verify it bit for bit, and report on it."""
    from jetflow.model import find_model
    from jetflow.pipeline import BuildRequest
    from jetflow.pipeline import build as run

    found = find_model(model)
    folder = out or Path("build") / (found.config.name + ("-dsp" if target is Target.DSP else ""))
    compiler = backend.value if backend else None
    way = flow.value if flow else None
    lanes = int(pixels_per_clock.value) if pixels_per_clock else None
    request = BuildRequest(
        found,
        precision.value,
        target.value,
        part,
        clock_mhz,
        compiler,
        way,
        target_ii,
        target_latency_us,
        target_rate_khz,
        lanes,
        minimise.value if minimise else None,
        max_lut,
        implementations,
        events,
        n_events,
        folder,
    )
    with _bars() as progress:
        verdict = run(request, typer.echo, progress)
    _conclude(verdict.exact, verdict.differences)


def verify(
    folder: Annotated[Path, typer.Argument(metavar="BUILD", help="A folder that `jetflow build` wrote.")],
    trace: Annotated[bool, typer.Option(help="Compare every layer, not the outputs alone.")] = False,
    events: Annotated[Path | None, typer.Option(help="Other events, .npz or .npy, than those of the build.")] = None,
    n_events: Annotated[
        int | None, typer.Option(min=1, help="How many of them; default all, of which open RTL is given 8.")
    ] = None,
    stall_seed: Annotated[int, typer.Option(min=0, help="Of the pauses at both ends of open RTL.")] = 1,
    waves: Annotated[
        Path | None, typer.Option(help="Write a waveform (VCD) of the first event in the open RTL too.")
    ] = None,
) -> None:
    """The gate: compile what is on disk and compare it with the reference. Exit code 1 if any bit differs."""
    from jetflow.build import open_build
    from jetflow.pipeline import read_images
    from jetflow.verify import RTL_EVENTS, RtlRun
    from jetflow.verify import verify as run
    from jetflow.waves import check_waves, record_waves

    build = open_build(folder)
    if waves:
        check_waves(build, waves)
    image = build.graph.input
    entry = build.settings
    images = read_images(
        events or build.events, entry.channels, image.shape, entry.lsb_gev, image.format.bits, n_events
    )
    with _bars() as progress:
        rtl = RtlRun(n_events or RTL_EVENTS, stall_seed)
        verdict = run(build, images, trace, progress, rtl=rtl)
    typer.echo(f"verify: {verdict.summary}")
    if waves:
        record_waves(build, images[0], waves)
        typer.echo(f"waveform: {waves}")
    _conclude(verdict.exact, verdict.differences)


def _conclude(exact: bool, differences: tuple[str, ...]) -> None:
    for line in differences:
        typer.echo(line, err=True)
    typer.echo("exact: every word equals the reference" if exact else "NOT EXACT: the build must not be used")
    if not exact:
        raise typer.Exit(1)


def report(
    folder: Annotated[Path, typer.Argument(metavar="BUILD", help="A folder that `jetflow build` wrote.")],
) -> None:
    """Write report.json and report.md anew and print the report."""
    from rich.console import Console
    from rich.markdown import Markdown

    from jetflow.build import open_build
    from jetflow.report import write_report

    Console(width=80).print(Markdown(write_report(open_build(folder))))


def doctor() -> None:
    """List the external tools: found or not, version, purpose, how to install them."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from jetflow.doctor import examine

    findings = examine()
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("tool", "found", "version", "for", "install"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        tool = finding.tool
        found = "yes" if finding.path else ("NO" if tool.needed else "no")
        table.add_row(tool.command, found, finding.version, tool.purpose, tool.install)
    Console(width=80).print(table)
    if missing := [f.tool.command for f in findings if f.tool.needed and not f.path]:
        typer.echo(f"error: needed and not found: {', '.join(missing)}", err=True)
        raise typer.Exit(2)
