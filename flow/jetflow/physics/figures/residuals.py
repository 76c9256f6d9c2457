"""Errors of position and of mass or pT against eta, phi and pT (paper 1, figure 6; paper 2, figure 7)."""

from typing import Any

import numpy as np

from jetflow.physics.figures.drawing import draw_bands, symbol
from jetflow.physics.figures.study import Study
from jetflow.physics.profiles import residual_profile

__all__ = ["data", "draw", "grid"]

_TITLES = {
    "eta": r"$\Delta\eta$",
    "phi": r"$\Delta\phi$",
    "mass_ratio": r"mass, detected / true",
    "pt_ratio": r"$p_\mathrm{T}$, detected / true",
}


def data(study: Study) -> dict[str, Any]:
    """By class, variable, weights and residual: `mean`, `median`, its `error`, `half_68` a bin; `edges` by variable."""
    results, axes = study.results, study.axes
    config = results.model.config
    profiles = {
        class_name: {
            variable: {
                weights: residual_profile(evaluation, class_name, results.sample.labels, axis, config.regression.target)
                for weights, evaluation in results.all.items()
            }
            for variable, axis in axes.items()
        }
        for class_name in config.classes
    }
    return {"edges": {name: axis.edges.tolist() for name, axis in axes.items()}, "profiles": profiles}


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """Rows are class and residual, columns variables."""
    return len(data["profiles"]) * len(_kinds(data)), len(data["edges"])


def _kinds(data: dict[str, Any]) -> list[str]:
    return list(next(iter(next(iter(data["profiles"].values()))["eta"].values())))


def draw(panels: Any, data: dict[str, Any]) -> None:
    """The median and the central 68%; dots are means."""
    profiles, kinds = data["profiles"], _kinds(data)
    for c, (class_name, by_variable) in enumerate(profiles.items()):
        for k, kind in enumerate(kinds):
            row = panels[c * len(kinds) + k]
            for panel, (variable, by_weights) in zip(row, by_variable.items(), strict=True):
                draw_bands(panel, np.array(data["edges"][variable]), {w: p[kind] for w, p in by_weights.items()})
                panel.set_xlabel(symbol(variable))
            row[0].set_ylabel(f"{class_name}: {_TITLES[kind]}")
            low, high = (limit(panel.get_ylim()[i] for panel in row) for i, limit in enumerate((min, max)))
            for panel in row:
                panel.set_ylim(low, high)
    panels[0][-1].legend(loc="upper right", ncols=3, title="median, band: central 68%, dots: mean")
