"""What is in the events: labels by class, and their pT, eta and phi (paper 2, table 1 and figure 3)."""

from typing import Any

import numpy as np

from jetflow.physics.figures.drawing import class_colour, symbol
from jetflow.physics.figures.study import Study
from jetflow.plots import plotting

__all__ = ["data", "draw", "grid"]

BINS = 40


def data(study: Study) -> dict[str, Any]:
    """`labels` by class, and histograms by variable: `edges`, `counts` by class."""
    labels, axes = study.results.sample.labels, study.axes
    classes = study.results.model.config.classes
    histograms = {}
    for name, axis in axes.items():
        edges = np.linspace(0 if name == "pt" else axis.edges[0], axis.edges[-1], BINS + 1)
        values = getattr(labels, name)
        counts = {c: np.histogram(values[labels.class_id == i + 1], edges)[0].tolist() for i, c in enumerate(classes)}
        histograms[name] = {"edges": edges.tolist(), "counts": counts}
    found = {name: int((labels.class_id == i + 1).sum()) for i, name in enumerate(classes)}
    return {"events": len(labels), "labels": found, "histograms": histograms}


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """A panel a variable."""
    return 1, len(data["histograms"])


def draw(panels: Any, data: dict[str, Any]) -> None:
    """Steps by class."""
    mplhep = plotting("mplhep")

    for panel, (name, histogram) in zip(panels[0], data["histograms"].items(), strict=True):
        edges = np.array(histogram["edges"])
        for i, (class_name, counts) in enumerate(histogram["counts"].items()):
            label = f"{class_name} ({data['labels'][class_name]:,})"
            mplhep.histplot(np.array(counts), edges, ax=panel, color=class_colour(i), label=label)
        panel.set(xlabel=symbol(name), xlim=(edges[0], edges[-1]), ylim=(0, None))
    panels[0, 0].set_ylabel("labels")
    panels[0, -1].legend(loc="upper right")
