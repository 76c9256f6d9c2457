"""What hot and dead cells do to AP and to the rate."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from jetflow.physics.detections import Detections, join
from jetflow.physics.evaluation import evaluate
from jetflow.physics.faults import FAULTS, Fault, fail, failing_cells
from jetflow.physics.figures.drawing import class_colour
from jetflow.physics.figures.study import MINBIAS, Study
from jetflow.physics.figures.trigger import thresholds
from jetflow.physics.prediction import detections_of
from jetflow.physics.sample import Counts, Sample
from jetflow.physics.trigger import best_scores

__all__ = ["data", "draw", "grid"]

NUMBERS = (1, 4, 16, 64)
Change = Callable[[Counts], Counts]
EVENTS = 2000  # of each sample, the first ones


def data(study: Study) -> dict[str, Any]:
    """Mean area `ap`, its `error` and, with background, `rate_khz` by class, where cells fail.

    `whole` is the detector as it is, `faults` are by fault and number of cells. The thresholds are those of the whole
    detector at the study's rate; the first EVENTS of every file are used, and no rates given where these hold no
    minimum bias.
    """
    config, results = study.results.model.config, study.results
    run = results.runners[results.precision]
    signal = results.sample.first(EVENTS)
    others = [sample.first(EVENTS) for sample in study.background.samples] if study.background else []
    background = [sample for sample in others if MINBIAS in sample.process]
    limits = thresholds(study) if background else {}

    def jets(sample: Sample, change: Change) -> Detections:
        return detections_of(results.model, run, sample.changed(change).blocks())

    def measure(change: Change) -> dict[str, Any]:
        figures = evaluate(config, jets(signal, change), signal.labels).figures
        found = {"ap": figures["mean_area_ap"], "error": figures["mean_area_ap_error"]}
        if not background:
            return found
        noise = join((len(sample), jets(sample, change)) for sample in background)
        own = np.concatenate([sample.process for sample in background]) == MINBIAS
        passing = [best_scores(noise, len(own), i + 1)[own] > limit for i, limit in enumerate(limits.values())]
        rates = [float(p.mean()) * study.crossing_rate_khz for p in passing]
        return {**found, "rate_khz": dict(zip(limits, rates, strict=True))}

    def with_cells(number: int, fault: Fault) -> dict[str, Any]:
        cells = failing_cells(config.input.shape, number)
        return measure(partial(fail, cells=cells, fault=fault, bits=config.input.bits))

    found = {fault: {str(number): with_cells(number, fault) for number in NUMBERS} for fault in FAULTS}
    return {"events": len(signal), "whole": with_cells(0, "dead"), "faults": found}


def grid(data: dict[str, Any]) -> tuple[int, int]:
    """AP at the left; at the right the rate by class, where background was given."""
    return 1, 2 if "rate_khz" in data["whole"] else 1


def draw(panels: Any, data: dict[str, Any]) -> None:
    """Full lines are hot cells, broken ones dead."""
    faults, whole, panels = data["faults"], data["whole"], panels[0]
    numbers = [int(number) for number in faults["hot"]]
    rates = whole.get("rate_khz", {})
    for style, fault in zip(("-o", "--s"), ("hot", "dead"), strict=True):
        points = list(faults[fault].values())
        errors = [point["error"] for point in points]
        panels[0].errorbar(
            numbers, [point["ap"] for point in points], yerr=errors, fmt=style, color="#222222", label=fault
        )
        for i, name in enumerate(rates):
            values = [point["rate_khz"][name] for point in points]
            panels[1].plot(numbers, values, style, color=class_colour(i), label=f"{name}, {fault}")
    panels[0].axhline(whole["ap"], color="#222222", linewidth=0.8, linestyle=":", label="whole detector")
    panels[0].set(ylabel=f"mean area AP ({data['events']} events)", ylim=(0, None))
    if rates:
        panels[1].set(ylabel="rate on minimum bias [kHz], fixed thresholds", yscale="symlog")
    for panel in panels:
        panel.set(xscale="log", xlabel="failing cells, all channels")
        panel.set_xticks(numbers, [str(number) for number in numbers])
        panel.xaxis.minorticks_off()
        panel.grid(True)
        panel.legend()
