"""What figures are made of: evaluations, the same events laid over each other, and background."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.physics.binning import Axis, axes
from jetflow.physics.detections import Detections, join
from jetflow.physics.models import Results
from jetflow.physics.prediction import detections_of
from jetflow.physics.sample import Sample, open_sample
from jetflow.physics.trigger import passing_events

__all__ = ["MINBIAS", "Background", "Study", "make_study", "open_background"]

MINBIAS = "minbias"  # the process whose events, with pileup, are what the detector sees at every crossing


@dataclass(frozen=True)
class Background:
    """Events without a jet to find: images, processes, and what the weights in question find in them."""

    samples: tuple[Sample, ...]
    process: NDArray[np.str_]  # (events,)
    detections: Detections

    def __len__(self) -> int:
        return len(self.process)


@dataclass(frozen=True)
class Study:
    """Everything that a figure may be made of; `background` is None where no files of it were given."""

    results: Results
    background: Background | None
    crossing_rate_khz: float
    rate_khz: float  # of the working point of a class

    @property
    def axes(self) -> dict[str, Axis]:
        """Bins of eta, phi and pT for the events of the study."""
        return axes(self.results.sample.labels, self.results.sample.eta_max)


def open_background(
    paths: Sequence[Path], config: ModelConfig, crossing_rate_khz: float, rate_khz: float
) -> tuple[Sample, ...]:
    """The background files, before the work begins.

    Raises InputError for a bad file, and where there are no minimum-bias events, or too few to tell the rate.
    """
    samples = tuple(open_sample(path, config) for path in paths)
    minbias = sum(int((sample.process == MINBIAS).sum()) for sample in samples)
    if samples and not minbias:
        raise InputError(
            f"{paths[0]}: no {MINBIAS} events, a rate needs them: "
            "make them with `jetflow data generate --process minbias --pileup 50`"
        )
    if samples:
        passing_events(minbias, rate_khz, crossing_rate_khz)
    return samples


def make_study(results: Results, background: Sequence[Sample], crossing_rate_khz: float, rate_khz: float) -> Study:
    """Run the weights in question on the background, if there is some."""
    if not background:
        return Study(results, None, crossing_rate_khz, rate_khz)
    run = results.runners[results.precision]
    found = join((len(sample), detections_of(results.model, run, sample.blocks())) for sample in background)
    process = np.concatenate([sample.process for sample in background])
    return Study(results, Background(tuple(background), process, found), crossing_rate_khz, rate_khz)
