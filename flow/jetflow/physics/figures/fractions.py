"""Matched labels and unmatched predictions against ET (ATLAS study, "Detection Performance on Test Set")."""

from dataclasses import replace
from typing import Any

import numpy as np

from jetflow.physics.binning import Axis, share
from jetflow.physics.circles import circle_jets, merge_classes
from jetflow.physics.detections import Detections, select
from jetflow.physics.figures.drawing import draw_share, weight_style
from jetflow.physics.figures.study import Study
from jetflow.physics.matching import match
from jetflow.physics.sample import as_one_class

__all__ = ["data", "draw", "grid"]

THRESHOLD = 0.5  # of the score
BINS = 12


def data(study: Study) -> dict[str, Any]:
    """By weights the `matched` share of labels by their pT and the `unmatched` share of predictions by their ET.

    Classes count as one: jets. A prediction's ET is that of the cells in its circle, cells in several circles shared.
    """
    results, labels = study.results, as_one_class(study.results.sample.labels)
    d = results.model.config.detection
    highest = float(np.quantile(labels.pt, 0.99)) if len(labels.pt) else 100.0
    axis = Axis("pt", np.round(np.linspace(0, highest, BINS + 1)))
    found = {}
    for weights, evaluation in results.evaluations.items():
        jets = merge_classes(evaluation.detections, THRESHOLD, d.anchor, d.nms_iou)
        m = match(jets, labels, 1, d.match_distance)
        matched = np.zeros(len(labels.pt), bool)
        matched[m.truth[m.true]] = True
        truth_bin, jet_bin = axis.index(labels.pt), axis.index(_circle_et(study, jets)[m.detection])
        found[weights] = {
            "matched": share(_count(truth_bin[matched]), _count(truth_bin)),
            "unmatched": share(_count(jet_bin[~m.true]), _count(jet_bin)),
        }
    return {"edges": axis.edges.tolist(), "threshold": THRESHOLD, "radius": d.anchor / 2, "fractions": found}


def _count(bins: Any) -> Any:
    return np.bincount(bins[bins >= 0], minlength=BINS)


def _circle_et(study: Study, jets: Detections) -> Any:
    """ET of the cells in each jet's circle [GeV], read a block of events at a time."""
    results = study.results
    config, et, start = results.model.config, np.zeros(len(jets)), 0
    for counts in results.sample.blocks():
        inside = (jets.event >= start) & (jets.event < start + len(counts))
        some = select(jets, inside)
        some = replace(some, event=some.event - start)
        image = counts.sum(-1, dtype=np.float64) * config.input.lsb_gev
        et[inside] = circle_jets(image, results.sample.eta_max, some, config.detection.anchor / 2).et
        start += len(counts)
    return et


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """Matched at the left, unmatched at the right."""
    return 1, 2


def draw(panels: Any, data: dict[str, Any]) -> None:
    """All weights."""
    edges = np.array(data["edges"])
    titles = (r"label $p_\mathrm{T}$ [GeV]", r"prediction $E_\mathrm{T}$ [GeV]")
    names = {"matched": "matched share of labels", "unmatched": "unmatched share of predictions"}
    for panel, (key, name), title in zip(panels[0], names.items(), titles, strict=True):
        for weights, fractions in data["fractions"].items():
            draw_share(panel, edges, fractions[key], weights, weight_style(weights))
        panel.set(xlabel=title, title=name, xlim=(edges[0], edges[-1]), ylim=(0, 1.05))
        panel.grid(True)
        panel.legend()
