"""Precision against recall on one, two and three events laid over each other (paper 2, figure 5)."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jetflow.events.overlay import overlay_file
from jetflow.physics.figures.precision_recall import draw_row, evaluation_curves
from jetflow.physics.figures.study import Study
from jetflow.physics.models import BASELINE, evaluate_sample
from jetflow.physics.sample import open_sample

__all__ = ["data", "draw", "grid"]

NUMBERS = (1, 2, 3)  # of events in one
SEED = 0  # of the choice of partners


def data(study: Study) -> dict[str, Any]:
    """`overlays`: by number of events the curves by weights and class."""
    found: dict[str, Any] = {"1": {name: evaluation_curves(e) for name, e in study.results.all.items()}}
    results = study.results
    for number in NUMBERS[1:]:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "overlay.h5"
            overlay_file(results.sample.path, path, number, SEED)
            sample = open_sample(path, results.model.config).first(max(1, len(results.sample) // number))
            mixed = evaluate_sample(results.model, list(results.evaluations), sample, results.runners)
        found[str(number)] = {name: evaluation_curves(e) for name, e in mixed.all.items()}
    return {"overlays": found}


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """A row a number of events, a column a class and one for all."""
    rows = data["overlays"]
    return len(rows), len(next(iter(rows["1"].values())))


def draw(panels: Any, data: dict[str, Any]) -> None:
    """All weights. The rule-based jets are those of the single events: nothing is clustered again."""
    for row, (number, curves) in zip(panels, data["overlays"].items(), strict=True):
        named = {
            f"{name} (single events)" if name == BASELINE and number != "1" else name: c for name, c in curves.items()
        }
        draw_row(row, {"curves": named})
        row[0].set_ylabel(f"precision, {number} event{'s' * (number != '1')} in one")
