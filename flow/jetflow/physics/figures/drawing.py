"""How weights, classes and variables look in every picture."""

from typing import Any

import numpy as np

from jetflow.plots import COLOURS

__all__ = ["class_colour", "draw_bands", "draw_share", "symbol", "weight_style"]

BLUE, RED, ORANGE, PURPLE, _, GREY = COLOURS
_WEIGHTS: dict[str, dict[str, Any]] = {
    "fpn": {"color": BLUE, "linestyle": "-"},
    "fpn-continued": {"color": BLUE, "linestyle": "--"},
    "twn": {"color": RED, "linestyle": "-"},
    "int8": {"color": ORANGE, "linestyle": "-"},
    "baseline": {"color": GREY, "linestyle": ":"},
}
_SYMBOLS = {"eta": r"$\eta$", "phi": r"$\phi$", "pt": r"$p_\mathrm{T}$ [GeV]"}


def weight_style(name: str) -> dict[str, Any]:
    """Colour and line of a set of weights; what stands behind a space in its name does not matter."""
    return _WEIGHTS.get(name.partition(" ")[0], {"color": PURPLE, "linestyle": "-."})


def class_colour(index: int) -> str:
    """Of the class with this place among the classes."""
    return (BLUE, RED, ORANGE, PURPLE)[index % 4]


def symbol(variable: str) -> str:
    """An axis title."""
    return _SYMBOLS[variable]


def draw_share(panel: Any, edges: Any, values: dict[str, Any], label: str, style: dict[str, Any]) -> None:
    """Shares (of binning.share) with their intervals at the bins' middles."""
    value, low, high = (np.array(values[key], float) for key in ("value", "low", "high"))
    error = np.maximum(np.stack([value - low, high - value]), 0)
    panel.errorbar((edges[1:] + edges[:-1]) / 2, value, yerr=error, marker="o", label=label, **style)


def draw_bands(panel: Any, edges: Any, by_weights: dict[str, Any]) -> None:
    """By weights the median and its error, a band of the central 68% and dots at the means."""
    centres = (edges[1:] + edges[:-1]) / 2
    for weights, profile in by_weights.items():
        style = weight_style(weights)
        median, half = np.array(profile["median"]), np.array(profile["half_68"])
        panel.errorbar(centres, median, yerr=profile["error"], label=weights, **style)
        panel.fill_between(centres, median - half, median + half, color=style["color"], alpha=0.15, linewidth=0)
        panel.plot(centres, profile["mean"], marker=".", linestyle="none", color=style["color"])
    panel.set_xlim(edges[0], edges[-1])
    panel.grid(True)
