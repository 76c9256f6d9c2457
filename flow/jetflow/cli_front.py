"""`jetflow front`: what latency costs."""

from pathlib import Path
from typing import Annotated

import typer

from jetflow.cli_build import DEFAULT_MODEL
from jetflow.cli_models import Precision

__all__ = ["front"]


def front(
    model: Annotated[str, typer.Argument(help="NAME, RUN or FILE.yaml.")] = DEFAULT_MODEL,
    precision: Annotated[Precision, typer.Option(help="Of the weights; fpn has no firmware.")] = Precision.TWN,
    part: Annotated[str | None, typer.Option(help="DEVICE-PACKAGE-SPEED; hw/targets has them.")] = None,
    clock_mhz: Annotated[float | None, typer.Option(min=1, max=1000, help="Clock of the times; default 300.")] = None,
    pixels_per_clock: Annotated[
        list[int] | None, typer.Option(min=1, max=8, help="Rates to look at, this option again and again; default all.")
    ] = None,
    max_lut: Annotated[int | None, typer.Option(min=1, help="Most LUTs; default what the part holds.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it (PNG).")] = None,
) -> None:
    """The fastest and smallest designs of a network's open RTL, and all between, from one to eight pixels a clock."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from jetflow.front import front_rows, plot_front
    from jetflow.model import find_model
    from jetflow.rtl import PIXELS_PER_CLOCK, Point, check_packages
    from jetflow.targets import choose

    check_packages()
    found, choice = find_model(model), choose("fpga", part, clock_mhz, None, "rtl")
    rates = tuple(pixels_per_clock or PIXELS_PER_CLOCK)
    if odd := set(rates) - set(PIXELS_PER_CLOCK):
        raise typer.BadParameter(f"{min(odd)} pixels a clock: {', '.join(map(str, PIXELS_PER_CLOCK))} can be built")
    graph = found.firmware_graph(precision.value)
    with Console(stderr=True).status("every way to build each layer") as status:  # minutes for a large network

        def visited(point: Point) -> None:
            cycles, luts = point.timing.latency_cycles, point.area.lut
            status.update(f"{point.pixels_per_clock} pixels a clock: {luts:,} LUT at {cycles:,} cycles")

        rows = front_rows(graph, rates, choice.part, choice.clock_mhz, max_lut, visited)
    table = Table(box=SIMPLE_HEAD, padding=0)
    headings = ("P", "folded", "LUT", "FF", "BRAM18", "DSP", "part", "cycles", "II", "us", "area")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "area" else "right", no_wrap=True)
    for row in rows:
        point, area = row.point, row.point.area
        table.add_row(
            str(point.pixels_per_clock),
            f"{point.folded}/{len(point.choices)}",
            *(f"{cells:,}" for cells in (area.lut, area.ff, area.bram18, area.dsp)),
            f"{row.share:.1%}" if row.fits else "no room",
            f"{point.timing.latency_cycles:,}",
            f"{point.timing.ii_cycles:,}",
            f"{row.time_us:.2f}",
            row.area_kind,
        )
    typer.echo(f"{found.config.name} {precision.value} in {choice.part}, {choice.clock_mhz:g} MHz (assumed)")
    Console(width=80).print(table)
    typer.echo(
        "P: pixels a clock; II: cycles between events. Cycles are estimated by a model of\n"
        "the streams and their queues, which counts as simulation does.\n"
        "Registers between layers are estimated. A layer that several pixels reach in a\n"
        "clock is never folded."
    )
    if plot:
        plot_front(rows, f"{found.config.name}, {precision.value}", plot)
        typer.echo(f"plot: {plot}")
