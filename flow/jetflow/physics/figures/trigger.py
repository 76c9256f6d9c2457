"""Efficiency against rate, and turn-on curves at a rate: what the papers lack and a trigger needs."""

from typing import Any

import numpy as np

from jetflow.errors import InputError
from jetflow.physics.figures.drawing import class_colour, draw_share, symbol
from jetflow.physics.figures.study import MINBIAS, Background, Study
from jetflow.physics.trigger import best_scores, efficiency_against_share, threshold_at_rate, turn_on

__all__ = ["draw_rate", "draw_turn_on", "rate", "rate_grid", "thresholds", "turn_on_curves", "turn_on_grid"]


def thresholds(study: Study) -> dict[str, float]:
    """By class the score above which the trigger on that class alone has the study's rate on minimum bias."""
    background, classes = _background(study), study.results.model.config.classes
    own = background.process == MINBIAS
    return {
        name: threshold_at_rate(
            best_scores(background.detections, len(background), i + 1)[own], study.rate_khz, study.crossing_rate_khz
        )
        for i, name in enumerate(classes)
    }


def rate(study: Study) -> dict[str, Any]:
    """By class: the share of events with a label of it that pass, against the share of `minbias` and of `others`.

    rate = share of minimum-bias events x crossing rate. `at_rate`: at the study's rate, the threshold, the efficiency
    of signal and the share of each other background process that passes.
    """
    background, results = _background(study), study.results
    classes, labels = results.model.config.classes, results.sample.labels
    detections, own = results.evaluations[results.precision].detections, background.process == MINBIAS
    event = np.repeat(np.arange(len(labels)), np.diff(labels.offsets))
    found: dict[str, Any] = {}
    for i, (name, threshold) in enumerate(thresholds(study).items()):
        has_label = np.isin(np.arange(len(labels)), event[labels.class_id == i + 1])
        signal = best_scores(detections, len(labels), i + 1)[has_label]
        scores = best_scores(background.detections, len(background), i + 1)
        others = [str(p) for p in np.unique(background.process) if p != MINBIAS]
        passing = {p: float((scores[background.process == p] > threshold).mean()) for p in others}
        found[name] = {
            "minbias": efficiency_against_share(signal, scores[own]),
            "others": {p: efficiency_against_share(signal, scores[background.process == p]) for p in others},
            "at_rate": {"threshold": threshold, "efficiency": float((signal > threshold).mean()), **passing},
        }
    assumed = {"crossing_rate_khz": study.crossing_rate_khz, "rate_khz": study.rate_khz}
    return {**assumed, "minbias_events": int(own.sum()), "classes": {name: found[name] for name in classes}}


def turn_on_curves(study: Study) -> dict[str, Any]:
    """By class the share of labels found at the study's rate, in bins of pT."""
    results, axis = study.results, study.axes["pt"]
    detections, distance = (
        results.evaluations[results.precision].detections,
        results.model.config.detection.match_distance,
    )
    found = {
        name: turn_on(detections, results.sample.labels, i + 1, threshold, distance, axis)
        for i, (name, threshold) in enumerate(thresholds(study).items())
    }
    return {"rate_khz": study.rate_khz, "edges": axis.edges.tolist(), "classes": found}


def _background(study: Study) -> Background:
    if study.background is None:
        raise InputError("rates need background: give --background FILE with minimum-bias events")
    return study.background


def rate_grid(data: dict[str, Any]) -> tuple[int, int]:
    """The rate at the left; at the right other background, where there is some."""
    return 1, 1 + any(curve["others"] for curve in data["classes"].values())


def draw_rate(panels: Any, data: dict[str, Any]) -> None:
    """All classes; a mark at the chosen rate."""
    for i, (name, curve) in enumerate(data["classes"].items()):
        colour, at = class_colour(i), curve["at_rate"]
        rates = np.array(curve["minbias"]["share"]) * data["crossing_rate_khz"]
        panels[0, 0].plot(rates, curve["minbias"]["efficiency"], color=colour, label=name, drawstyle="steps-post")
        panels[0, 0].plot(data["rate_khz"], at["efficiency"], marker="o", color=colour)
        for line, (process, other) in zip(("-", "--", ":", "-."), curve["others"].items(), strict=False):
            label = f"{name}, on {process}"
            panels[0, 1].plot(other["share"], other["efficiency"], line, color=colour, label=label)
            panels[0, 1].plot(at[process], at["efficiency"], marker="o", color=colour)
    rate = f"rate on minimum bias [kHz], {data['crossing_rate_khz'] / 1000:g} MHz of crossings assumed"
    for panel, title in zip(panels[0], (rate, "share of other background that passes"), strict=False):
        panel.set(xscale="log", xlabel=title, ylabel="share of signal events that pass", ylim=(0, 1.05))
        panel.grid(True)
        panel.legend(title="trigger on one class", loc="lower right")


def turn_on_grid(_: dict[str, Any]) -> tuple[int, int]:
    """One panel."""
    return 1, 1


def draw_turn_on(panels: Any, data: dict[str, Any]) -> None:
    """All classes."""
    panel, edges = panels[0, 0], np.array(data["edges"])
    for i, (name, values) in enumerate(data["classes"].items()):
        draw_share(panel, edges, values, name, {"color": class_colour(i)})
    panel.set(xlabel=symbol("pt"), ylabel=f"share of labels found at {data['rate_khz']:g} kHz", ylim=(0, 1.05))
    panel.grid(True)
    panel.legend()
