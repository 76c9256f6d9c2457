"""Events as a network reads them: images a block at a time, and what is to be found in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.events import EventFile, Labels, open_events
from jetflow.physics.baseline import baseline_detections
from jetflow.physics.detections import Detections, select
from jetflow.training.batches import check_fit

__all__ = ["Counts", "Sample", "as_one_class", "open_sample"]

CELLS = 512 * 68 * 72  # image cells in a block
Counts = NDArray[np.integer[Any]]


def _same(counts: Counts) -> Counts:
    return counts


@dataclass(frozen=True)
class Sample:
    """The first events of a file, as many as `process` names."""

    path: Path
    config: ModelConfig
    labels: Labels
    process: NDArray[np.str_]  # (events,) names
    eta_max: float  # where the image ends
    baseline: Detections | None  # what the rule-based algorithm finds, where the file holds its jets
    change: Callable[[Counts], Counts] = _same  # done to every block of images

    def __len__(self) -> int:
        return len(self.process)

    def blocks(self) -> Iterator[Counts]:
        """The images, counts (n, rows, columns, channels) uint16, from the first one."""
        entry = self.config.input
        step = max(1, CELLS // (entry.rows * entry.columns))
        for start in range(0, len(self), step):
            yield self.images(start, min(start + step, len(self)))

    def images(self, start: int, stop: int) -> Counts:
        """The images of events start .. stop - 1."""
        entry = self.config.input
        with open_events(self.path) as file:
            return self.change(file.images(entry.channels, entry.grid, start, stop, entry.lsb_gev, entry.bits))

    def changed(self, change: Callable[[Counts], Counts]) -> "Sample":
        """The same events with every block of images changed."""
        return replace(self, change=change)

    def first(self, events: int) -> "Sample":
        """At most `events` of them."""
        events = min(events, len(self))
        objects = slice(0, self.labels.offsets[events])
        columns = {f.name: getattr(self.labels, f.name)[objects] for f in fields(Labels) if f.name != "offsets"}
        labels = Labels(self.labels.offsets[: events + 1], **columns)
        baseline = None if self.baseline is None else select(self.baseline, self.baseline.event < events)
        return replace(self, labels=labels, process=self.process[:events], baseline=baseline)


def open_sample(path: Path, config: ModelConfig) -> Sample:
    """The events of a file. Raises InputError for a bad file or one that does not fit the config."""
    with open_events(path) as file:
        check_fit(file, config)
        return Sample(
            path,
            config,
            file.labels(0, None, config.labels),
            np.array(file.process_names)[file.process],
            file.grid.eta_max,
            baseline_detections(file, config.labels) if _has_baseline(file, config.labels) else None,
        )


def _has_baseline(file: EventFile, scheme: str) -> bool:
    """Whether the file holds the jets that the rule-based algorithm needs for the classes of `scheme`."""
    return (scheme == "paper1" and "baseline" in file.jets) or (scheme == "paper2" and file.has_tagged)


def as_one_class(labels: Labels) -> Labels:
    """The same jets, all of class 1."""
    return replace(labels, class_id=np.ones_like(labels.class_id))
