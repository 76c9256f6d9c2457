"""`jetflow evaluate`: how good a trained model is."""

from pathlib import Path
from typing import Annotated

import typer

from jetflow.cli_models import Precision

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[str, typer.Argument(help="NAME, RUN or FILE.yaml.")],
    events: Annotated[Path, typer.Option(help="Events that the model was not trained on.")],
    precision: Annotated[Precision, typer.Option(help="Which weights.")] = Precision.TWN,
    compare: Annotated[
        list[str] | None, typer.Option(help="Other weights of the model to take the difference to; may be repeated.")
    ] = None,
    record: Annotated[bool, typer.Option(help="Keep the figures in metrics.json beside the weights.")] = False,
) -> None:
    """AP by class with bootstrap errors, precision at recall, residuals; quantised models as integer graphs."""
    from rich.console import Console

    from jetflow.model import find_model
    from jetflow.physics import evaluate_model, figures_table, record_metrics

    found = find_model(model)
    results = evaluate_model(found, precision.value, events, compare or [])
    Console(width=80).print(figures_table(results.figures))
    for other, (difference, error) in results.differences().items():
        typer.echo(
            f"mean area AP, {precision.value} minus {other}: {difference:+.4f} +- {error:.4f} (paired bootstrap)"
        )
    if record:
        typer.echo(f"figures kept in {record_metrics(found.folder, results.figures)}")
