"""The most common ternary 3 x 3 filters (paper 2, figure 8)."""

from typing import Any

import numpy as np

from jetflow.physics.figures.study import Study
from jetflow.physics.filters import common_filters

__all__ = ["data", "draw", "grid"]

TOP = 24
COLUMNS = 8


def data(study: Study) -> dict[str, Any]:
    """`patterns` (rows eta, columns phi), their `shares` of all `total` filters."""
    found = common_filters(study.results.model.graph(study.results.precision), TOP)
    shares = (found.counts / max(found.total, 1)).tolist()
    return {"total": found.total, "patterns": found.patterns.tolist(), "shares": shares}


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """A panel a filter."""
    return -(-max(len(data["patterns"]), 1) // COLUMNS), COLUMNS


def draw(panels: Any, data: dict[str, Any]) -> None:
    """Red +1, white 0, blue -1."""
    for panel in panels.flat:
        panel.axis("off")
    for panel, pattern, share in zip(panels.flat, data["patterns"], data["shares"], strict=False):
        panel.axis("on")
        panel.pcolormesh(np.array(pattern), cmap="RdBu_r", vmin=-1.6, vmax=1.6, edgecolors="#555555", linewidth=0.8)
        panel.set(aspect="equal", xticks=[], yticks=[], title=f"{share:.2%}")
        panel.minorticks_off()
    title = f"most common of {data['total']:,} ternary 3 x 3 filters (red +1, white 0, blue -1)"
    panels[0, 0].figure.suptitle(title, fontsize=13)
