"""Matched labels and unmatched predictions against ET, and the jets that the cells of predicted circles make.

ATLAS study, "Detection Performance on Test Set" and "A quick word on timing".
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from jetflow.physics.binning import Axis, share
from jetflow.physics.circles import CircleJets, circle_jets, merge_classes
from jetflow.physics.detections import Detections, select
from jetflow.physics.figures.drawing import draw_bands, draw_share, weight_style
from jetflow.physics.figures.study import Study
from jetflow.physics.matching import Matches, match
from jetflow.physics.profiles import profile
from jetflow.physics.sample import as_one_class

__all__ = ["data", "draw", "grid"]

THRESHOLD = 0.5  # of the score
BINS = 12
_KINEMATICS = {
    "pt_ratio": r"$p_\mathrm{T}$, circle / label",
    "eta": r"$\Delta\eta$, circle - label",
    "phi": r"$\Delta\phi$, circle - label",
    "mass": "mass, circle - label [GeV]",
}


def data(study: Study) -> dict[str, Any]:
    """By weights the `matched` share of labels by their pT and the `unmatched` share of predictions by their ET.

    Classes count as one: jets. A prediction's ET is that of the cells in its circle, cells in several circles shared.
    `kinematics` are those of these jets against the labels that they match, by the labels' pT.
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
        made = _circle_jets(study, jets)
        truth_bin, jet_bin = axis.index(labels.pt), axis.index(made.et[m.detection])
        found[weights] = {
            "matched": share(_count(truth_bin[matched]), _count(truth_bin)),
            "unmatched": share(_count(jet_bin[~m.true]), _count(jet_bin)),
            "kinematics": _kinematics(made, m, labels, axis),
        }
    return {"edges": axis.edges.tolist(), "threshold": THRESHOLD, "radius": d.anchor / 2, "fractions": found}


def _count(bins: Any) -> Any:
    return np.bincount(bins[bins >= 0], minlength=BINS)


def _kinematics(made: CircleJets, m: Matches, labels: Any, axis: Axis) -> dict[str, Any]:
    """Profiles of _KINEMATICS over the labels' pT."""
    jet, truth = m.detection[m.true], m.truth[m.true]
    errors = {
        "pt_ratio": made.pt[jet] / labels.pt[truth],
        "eta": made.eta[jet] - labels.eta[truth],
        "phi": (made.phi[jet] - labels.phi[truth] + np.pi) % (2 * np.pi) - np.pi,
        "mass": made.mass[jet] - labels.mass[truth],
    }
    bins = axis.index(labels.pt[truth])
    return {name: profile(values, bins, axis) for name, values in errors.items()}


def _circle_jets(study: Study, jets: Detections) -> CircleJets:
    """The jet of the cells in each prediction's circle, read a block of events at a time."""
    results = study.results
    config, start = results.model.config, 0
    made = CircleJets(*(np.zeros(len(jets)) for _ in fields(CircleJets)))
    for counts in results.sample.blocks():
        inside = (jets.event >= start) & (jets.event < start + len(counts))
        some = select(jets, inside)
        some = replace(some, event=some.event - start)
        image = counts.sum(-1, dtype=np.float64) * config.input.lsb_gev
        part = circle_jets(image, results.sample.eta_max, some, config.detection.anchor / 2)
        for field in fields(CircleJets):
            getattr(made, field.name)[inside] = getattr(part, field.name)
        start += len(counts)
    return made


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """Shares in the first row, then the kinematics."""
    return 1 + len(_KINEMATICS) // 2, 2


def draw(panels: Any, data: dict[str, Any]) -> None:
    """All weights."""
    edges = np.array(data["edges"])
    label = r"label $p_\mathrm{T}$ [GeV]"
    names = {"matched": "matched share of labels", "unmatched": "unmatched share of predictions"}
    for panel, (key, name), title in zip(
        panels[0], names.items(), (label, r"prediction $E_\mathrm{T}$ [GeV]"), strict=True
    ):
        for weights, fractions in data["fractions"].items():
            draw_share(panel, edges, fractions[key], weights, weight_style(weights))
        panel.set(xlabel=title, title=name, xlim=(edges[0], edges[-1]), ylim=(0, 1.05))
        panel.grid(True)
        panel.legend()
    for panel, (key, name) in zip(panels[1:].flat, _KINEMATICS.items(), strict=True):
        draw_bands(panel, edges, {weights: found["kinematics"][key] for weights, found in data["fractions"].items()})
        panel.set(xlabel=label, ylabel=name)
    panels[1, 0].legend(loc="lower center", ncols=3, title="median, band: central 68%, dots: mean")
