"""Precision against recall of every class and of all (paper 1, figure 5; paper 2, figure 5)."""

from typing import Any

import numpy as np

from jetflow.physics.evaluation import ALL, Evaluation
from jetflow.physics.figures.drawing import weight_style
from jetflow.physics.figures.study import Study
from jetflow.physics.matching import pool
from jetflow.physics.metrics import curves

__all__ = ["data", "draw", "draw_row", "evaluation_curves", "grid"]

POINTS = 300  # of a curve, evenly spaced in recall


def data(study: Study) -> dict[str, Any]:
    """`curves` by weights and class."""
    return {"curves": {name: evaluation_curves(evaluation) for name, evaluation in study.results.all.items()}}


def evaluation_curves(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """By class, and of all classes pooled, `recall` and `precision` at up to POINTS thresholds, and 11-point `ap`."""
    found = {}
    pooled = pool(list(evaluation.matches.values()), evaluation.detections)
    for name, matches in {**evaluation.matches, ALL: pooled}.items():
        whole = curves(matches)
        recall, precision = whole.recall[0], whole.precision[0]
        chosen = np.flatnonzero(np.diff(np.floor(recall * POINTS), prepend=-1) > 0)
        found[name] = {
            "recall": recall[chosen].tolist(),
            "precision": precision[chosen].tolist(),
            "ap": float(whole.ap_11_point()[0]),
        }
    return found


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """A panel a class, and one of all."""
    return 1, len(next(iter(data["curves"].values())))


def draw(panels: Any, data: dict[str, Any]) -> None:
    """All weights."""
    draw_row(panels[0], data)


def draw_row(panels: Any, data: dict[str, Any]) -> None:
    """The curves of all weights in a row of panels, one a class."""
    for i, panel in enumerate(panels):
        for weights, by_class in data["curves"].items():
            name, curve = list(by_class.items())[i]
            panel.plot(
                curve["recall"], curve["precision"], label=f"{weights}  AP {curve['ap']:.3f}", **weight_style(weights)
            )
        panel.set(title="all classes" if name == ALL else name, xlabel="recall", xlim=(0, 1), ylim=(0, 1.02))
        panel.grid(True)
        panel.legend(loc="lower left")
    panels[0].set_ylabel("precision")
