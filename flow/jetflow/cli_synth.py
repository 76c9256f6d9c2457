"""`jetflow synth`."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["synth"]


def synth(
    folder: Annotated[Path, typer.Argument(metavar="BUILD", help="A folder that `jetflow build` wrote.")],
    steps: Annotated[
        str | None,
        typer.Option(help="csim,csynth,cosim,export of the HLS project; route: the open RTL placed and routed."),
    ] = None,
    n_events: Annotated[int, typer.Option(min=1, help="Events that csim and cosim run.")] = 2,
    timeout: Annotated[float, typer.Option(min=0.001, help="Hours that one step may take.")] = 24.0,
) -> None:
    """Run AMD's tools on the firmware, where they are installed; default csynth, and route for open RTL."""
    from jetflow.build import open_build
    from jetflow.pipeline import read_images
    from jetflow.report import write_report
    from jetflow.synthesis import default_steps, synthesise

    build = open_build(folder)
    image, entry = build.graph.input, build.settings
    wanted = tuple(steps.split(",")) if steps else default_steps(build)
    images = read_images(build.events, entry.channels, image.shape, entry.lsb_gev, image.format.bits, n_events)
    synthesise(build, wanted, images, 3600 * timeout, typer.echo)
    write_report(build)
    typer.echo(f"report: {folder / 'report.md'}")
