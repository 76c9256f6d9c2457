"""Evaluates a trained model: the Keras network in full precision, the integer graph where it is quantised."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.table import Table

from jetflow.events import open_events
from jetflow.graph import predict
from jetflow.model import Model
from jetflow.physics.detections import detect
from jetflow.physics.evaluation import Evaluation, evaluate, paired_difference
from jetflow.training.batches import check_fit

__all__ = ["evaluate_model", "figures_table", "head_values"]

BATCH = 64
Floats = NDArray[np.float32]


def head_values(model: Model, precision: str, counts: NDArray[np.integer[Any]]) -> tuple[Floats, Floats, Floats]:
    """Offsets, class logits and regression of `counts` (events, rows, columns, channels) as real values, float32."""
    if precision in ("twn", "int8"):
        graph = model.graph(precision)
        mantissas = predict(graph, counts, BATCH)
        values = [(m * graph[name].format.lsb).astype(np.float32) for name, m in mantissas.items()]
    else:
        network = model.network(precision)
        lsb = np.float32(model.config.input.fixed_point().lsb)
        parts = [
            [head.numpy() for head in network(counts[i : i + BATCH].astype(np.float32) * lsb, training=False)]
            for i in range(0, len(counts), BATCH)
        ]
        values = [np.concatenate(part) for part in zip(*parts, strict=True)]
    return values[0], values[1], values[2]


def evaluate_model(model: Model, precision: str, events: Path, compare: str | None = None) -> dict[str, Any]:
    """Figures of a model on all events of a file, under the keys of metrics.json.

    With `compare`, other weights of the same model: `difference` holds the mean area AP of `precision` minus theirs.
    """
    config = model.config
    with open_events(events) as file:
        check_fit(file, config)
        entry = config.input
        counts = file.images(entry.channels, entry.grid, 0, None, entry.lsb_gev, entry.bits).astype(np.int32)
        labels = file.labels(0, len(file))

    def run(weights: str) -> Evaluation:
        return evaluate(config, detect(config, *head_values(model, weights, counts)), labels)

    first = run(precision)
    if compare is None:
        return {"precision": precision, **first.figures}
    difference, error = paired_difference(first, run(compare))
    return {
        "precision": precision,
        **first.figures,
        "difference": {"to": compare, "mean_area_ap": difference, "error": error},
    }


def figures_table(figures: dict[str, Any]) -> Table:
    """The figures by class as a table for 80 columns."""
    title = f"{figures['precision']}, {figures['events']} events, match distance {figures['match_distance']}"
    caption = "AP: 11-point; P@R: precision at that recall; residuals: half the central 68%"
    table = Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("class", "AP", "area AP", "P@R.3", "P@R.5", "eta", "phi", "mass ratio"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for name, ap in figures["ap"].items():
        res = figures["residuals"][name]
        table.add_row(
            name,
            f"{ap:.3f}±{figures['ap_error'][name]:.3f}",
            f"{figures['area_ap'][name]:.3f}±{figures['area_ap_error'][name]:.3f}",
            f"{figures['precision_at_recall_30'][name]:.3f}",
            f"{figures['precision_at_recall_50'][name]:.3f}",
            f"{res['eta']['half_68']:.3f}",
            f"{res['phi']['half_68']:.3f}",
            f"{res['mass_ratio']['median']:.2f}±{res['mass_ratio']['half_68']:.2f}",
        )
    mean = f"{figures['mean_ap']:.3f}±{figures['mean_ap_error']:.3f}"
    area = f"{figures['mean_area_ap']:.3f}±{figures['mean_area_ap_error']:.3f}"
    table.add_row("mean", mean, area, *[""] * 5)
    return table
