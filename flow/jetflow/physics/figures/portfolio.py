"""All figures by name: how their numbers are made, how they are drawn, and the files that they become."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jetflow.atomic import write_text
from jetflow.errors import InputError
from jetflow.physics.figures import (
    dataset,
    displays,
    faults,
    filters,
    fractions,
    overlays,
    precision,
    precision_recall,
    residuals,
    trigger,
)
from jetflow.physics.figures.study import Study
from jetflow.physics.plain import plain
from jetflow.plots import picture

__all__ = ["FIGURES", "Figure", "write_figures"]


@dataclass(frozen=True)
class Figure:
    """How a figure is made: its numbers, its panels (rows, columns), its drawing, and the size of a panel in inches."""

    data: Callable[[Study], dict[str, Any]]
    grid: Callable[[dict[str, Any]], tuple[int, int]]
    draw: Callable[[Any, dict[str, Any]], None]  # on an array of axes (rows, columns)
    panel: tuple[float, float]
    needs: Literal["background", "ternary"] | None = None


FIGURES = {
    "dataset": Figure(dataset.data, dataset.grid, dataset.draw, (5, 4)),
    "precision-recall": Figure(precision_recall.data, precision_recall.grid, precision_recall.draw, (5, 4.5)),
    "overlays": Figure(overlays.data, overlays.grid, overlays.draw, (5, 4.5)),
    "precision": Figure(precision.data, precision.grid, precision.draw, (5, 3.8)),
    "residuals": Figure(residuals.data, residuals.grid, residuals.draw, (5, 3.2)),
    "filters": Figure(filters.data, filters.grid, filters.draw, (1.6, 2), "ternary"),
    "displays": Figure(displays.data, displays.grid, displays.draw, (6.5, 5.5)),
    "fractions": Figure(fractions.data, fractions.grid, fractions.draw, (6, 4.5)),
    "rate": Figure(trigger.rate, trigger.rate_grid, trigger.draw_rate, (7.5, 5.5), "background"),
    "turn-on": Figure(trigger.turn_on_curves, trigger.turn_on_grid, trigger.draw_turn_on, (8, 6), "background"),
    "faults": Figure(faults.data, faults.grid, faults.draw, (6.5, 5)),
}


def choose_figures(names: Sequence[str], precision: str, background: bool) -> list[str]:
    """`names`, or all that the weights and the presence of `background` allow.

    Raises InputError for an unknown name, or one whose needs are not met.
    """
    if unknown := [name for name in names if name not in FIGURES]:
        raise InputError(f"--figures: found {unknown[0]!r}; {', '.join(FIGURES)} are allowed")
    lacking = {name: _lacks(figure, precision, background) for name, figure in FIGURES.items()}
    for name in names:
        if lacking[name]:
            raise InputError(f"--figures: {name} {lacking[name]}")
    return list(names) or [name for name in FIGURES if not lacking[name]]


def write_figures(study: Study, folder: Path, names: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Write NAME.json and NAME.png of the figures `names` (default: all that the study allows); yields each as written.

    Raises InputError as choose_figures does.
    """
    for name in choose_figures(names, study.results.precision, study.background is not None):
        figure = FIGURES[name]
        data = figure.data(study)
        rows, columns = figure.grid(data)
        size = columns * figure.panel[0], rows * figure.panel[1]
        with picture(folder / f"{name}.png", rows, columns, size) as panels:
            figure.draw(panels, data)
            panels[0, 0].figure.supxlabel(_source(study), x=0.995, ha="right", fontsize=9, color="#717581")
        write_text(folder / f"{name}.json", json.dumps(plain(data), indent=1) + "\n")
        yield name, data


def _source(study: Study) -> str:
    """What a picture shows, for its lower edge."""
    results = study.results
    return f"simulation: {len(results.sample):,} events of {results.sample.path.name}; {results.model.config.name}"


def _lacks(figure: Figure, precision: str, background: bool) -> str:
    """What is missing for a figure, as the end of a sentence; empty where nothing is."""
    if figure.needs == "background" and not background:
        return "needs background: give --background FILE with minimum-bias events"
    if figure.needs == "ternary" and precision != "twn":
        return f"needs ternary weights, found {precision}: give --precision twn"
    return ""
