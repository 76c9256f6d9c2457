"""Evaluates a trained model: the Keras network in full precision, the integer graph where it is quantised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetflow.model import Model
from jetflow.physics.evaluation import Evaluation, evaluate, paired_difference
from jetflow.physics.prediction import Runner, detections_of, runner
from jetflow.physics.sample import Sample, open_sample

__all__ = ["BASELINE", "Results", "evaluate_model", "evaluate_sample"]

BASELINE = "baseline"  # the rule-based algorithm's name among the weights


@dataclass(frozen=True)
class Results:
    """Evaluations by weights, the first of them in question, and the events that they were made on."""

    model: Model
    sample: Sample
    evaluations: dict[str, Evaluation]
    runners: Mapping[str, Runner]  # what computed them, for other events
    baseline: Evaluation | None  # of the rule-based algorithm, where the file holds its jets

    @property
    def precision(self) -> str:
        """The weights in question."""
        return next(iter(self.evaluations))

    @property
    def all(self) -> dict[str, Evaluation]:
        """The evaluations and the baseline's."""
        return self.evaluations if self.baseline is None else {**self.evaluations, BASELINE: self.baseline}

    @property
    def figures(self) -> dict[str, Any]:
        """Figures under the keys of metrics.json. `difference`: area AP minus that of the first other weights."""
        figures = {"precision": self.precision, **self.evaluations[self.precision].figures}
        for other, (difference, error) in list(self.differences().items())[:1]:
            figures["difference"] = {"to": other, "mean_area_ap": difference, "error": error}
        return figures

    def differences(self) -> dict[str, tuple[float, float]]:
        """Mean area AP of the weights in question minus that of each other, and its paired bootstrap error."""
        first = self.evaluations[self.precision]
        return {
            name: paired_difference(first, other) for name, other in self.evaluations.items() if name != self.precision
        }


def evaluate_sample(
    model: Model, weights: Sequence[str], sample: Sample, runners: Mapping[str, Runner] | None = None
) -> Results:
    """Evaluate several weights of a model, and the baseline, on the same events; by `runners` if they are there."""
    runners = runners or {precision: runner(model, precision) for precision in weights}
    evaluations = {}
    for precision in weights:
        found = detections_of(model, runners[precision], sample.blocks())
        evaluations[precision] = evaluate(model.config, found, sample.labels)
    baseline = None if sample.baseline is None else evaluate(model.config, sample.baseline, sample.labels)
    return Results(model, sample, evaluations, runners, baseline)


def evaluate_model(
    model: Model, precision: str, events: Path, compare: Sequence[str] = (), first: int | None = None
) -> Results:
    """A model on the events of a file, or the `first` of them, and other weights of it to compare with."""
    sample = open_sample(events, model.config)
    for name in (precision, *compare):
        model.weights_path(name)  # before the work begins
    return evaluate_sample(model, [precision, *compare], sample if first is None else sample.first(first))
