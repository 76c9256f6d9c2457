"""`jetflow evaluate`: how good a trained model is."""

from pathlib import Path
from typing import Annotated

import typer

from jetflow.cli_models import Precision
from jetflow.errors import InputError

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[str, typer.Argument(help="NAME, RUN or FILE.yaml.")],
    events: Annotated[Path, typer.Option(help="Events that the model was not trained on.")],
    precision: Annotated[Precision, typer.Option(help="Which weights.")] = Precision.TWN,
    n_events: Annotated[int | None, typer.Option(min=1, help="Only the first N events.")] = None,
    compare: Annotated[
        list[str] | None, typer.Option(help="Other weights of the model to take the difference to; may be repeated.")
    ] = None,
    record: Annotated[bool, typer.Option(help="Keep the figures in metrics.json beside the weights.")] = False,
    plots: Annotated[Path | None, typer.Option(help="Folder for figures: NAME.png and NAME.json.")] = None,
    figures: Annotated[
        str, typer.Option(help="Names of figures, comma-separated; default: all that the events allow.")
    ] = "",
    background: Annotated[
        list[Path] | None, typer.Option(help="Events of minbias with pileup (and gg, qq), for rates; may be repeated.")
    ] = None,
    timing: Annotated[bool, typer.Option(help="Also measure this CPU's latency against batch size.")] = False,
    crossing_mhz: Annotated[float, typer.Option(min=0.001, help="Assumed rate of bunch crossings.")] = 31.0,
    rate_khz: Annotated[float, typer.Option(min=0.001, help="Rate of a trigger on one class.")] = 100.0,
) -> None:
    """AP by class with bootstrap errors, precision at recall, residuals; quantised models as integer graphs.

    Where the file has the baseline's jets, the rule-based algorithm stands beside the network.
    """
    from rich.console import Console

    from jetflow.model import find_model
    from jetflow.physics import (
        check_record,
        comparison_table,
        evaluate_model,
        fault_table,
        figures_table,
        rate_table,
        record_metrics,
    )

    console, found = Console(width=80), find_model(model)
    if record:
        check_record(found.folder)
    if plots is None and (figures or background):
        raise InputError(f"--{'figures' if figures else 'background'}: needs --plots FOLDER, where the figures go")
    if plots is not None:
        from jetflow.physics.figures import choose_figures, make_study, open_background, write_figures

        rates = crossing_mhz * 1000, rate_khz
        names = choose_figures([name for name in figures.split(",") if name], precision.value, bool(background))
        others = open_background(background or [], found.config, *rates)
    results = evaluate_model(found, precision.value, events, compare or [], n_events)
    console.print(figures_table(results.figures))
    if len(results.all) > 1:
        console.print(comparison_table(results))
    for other, (difference, error) in results.differences().items():
        title = f"mean area AP, {precision.value} minus {other}"
        typer.echo(f"{title}: {difference:+.4f} +- {error:.4f} (paired bootstrap)")
    if record:
        typer.echo(f"figures kept in {record_metrics(found.folder, results)}")
    if timing:
        from jetflow.physics.timing import draw_timing, measure_timing, timing_table

        latencies = list(measure_timing(found, precision.value, results.sample.images(0, min(16, len(results.sample)))))
        console.print(timing_table(latencies))
        if plots is not None:
            draw_timing(latencies, plots / "timing.png")
            typer.echo(f"{plots / 'timing.png'}")
    if plots is None:
        return
    tables = {"rate": rate_table, "faults": fault_table}
    for name, data in write_figures(make_study(results, others, *rates), plots, names):
        if name in tables:
            console.print(tables[name](data))
        typer.echo(f"{plots / name}.png")
