"""Precision at 30% recall against eta, phi and pT (paper 2, figure 6)."""

from typing import Any

import numpy as np

from jetflow.physics.figures.drawing import symbol, weight_style
from jetflow.physics.figures.study import Study
from jetflow.physics.profiles import precision_profile

__all__ = ["data", "draw", "grid"]

APART = 0.15  # points of two weights, in widths of their bin


def data(study: Study) -> dict[str, Any]:
    """By class, variable and weights `value` and `error` a bin; `edges` by variable."""
    results, axes = study.results, study.axes
    config = results.model.config
    profiles = {
        class_name: {
            variable: {
                weights: precision_profile(
                    evaluation, class_name, results.sample.labels, axis, config.regression.target == "pt"
                )
                for weights, evaluation in results.all.items()
            }
            for variable, axis in axes.items()
        }
        for class_name in config.classes
    }
    return {"recall": 0.3, "edges": {name: axis.edges.tolist() for name, axis in axes.items()}, "profiles": profiles}


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """A row a class, a column a variable."""
    return len(data["profiles"]), len(data["edges"])


def draw(panels: Any, data: dict[str, Any]) -> None:
    """All weights."""
    profiles = data["profiles"]
    for row, (class_name, by_variable) in zip(panels, profiles.items(), strict=True):
        for panel, (variable, by_weights) in zip(row, by_variable.items(), strict=True):
            _draw_bins(panel, data["edges"][variable], by_weights)
            panel.set(xlabel=symbol(variable), ylim=(0, 1.05))
        row[0].set_ylabel(f"{class_name}: precision at R = {data['recall']:g}")
    panels[0][-1].legend(loc="lower right")


def _draw_bins(panel: Any, edges: list[float], by_weights: dict[str, Any]) -> None:
    """Points with errors near the bins' middles, side by side for several weights; grey lines are the bins' edges."""
    low, width = np.array(edges[:-1]), np.diff(edges)
    for i, (weights, profile) in enumerate(by_weights.items()):
        at = low + width * (0.5 + APART * (i - (len(by_weights) - 1) / 2))
        look = weight_style(weights)
        style = {"color": look["color"], "fillstyle": "full" if look["linestyle"] == "-" else "none"}
        panel.errorbar(at, profile["value"], yerr=profile["error"], fmt="o", label=weights, markersize=4, **style)
    panel.set_xlim(edges[0], edges[-1])
    panel.grid(True, axis="y")
    for edge in edges[1:-1]:
        panel.axvline(edge, color="#dddddd", linewidth=0.6, zorder=0)
