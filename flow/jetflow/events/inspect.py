"""What is in an events file, in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jetflow.events.labels import CLASS_NAMES
from jetflow.events.reader import EventFile

__all__ = ["Group", "summarise"]

_STEP = 256


@dataclass(frozen=True)
class Group:
    """Events of one process and one mean pileup: counts, mean ET of an event by channel [GeV], objects by class."""

    process: str
    mu: float
    events: int
    mean_npu: float
    mean_et: dict[str, float]
    objects: dict[str, int]


def summarise(file: EventFile) -> list[Group]:
    """One group for each (process, mu) of the file. Reads, and so checks, every value."""
    total = np.zeros((len(file), len(file.collections)))
    classes = np.zeros((len(file), len(CLASS_NAMES)), np.int64)
    for start in range(0, len(file), _STEP):
        stop = min(start + _STEP, len(file))
        labels = file.labels(start, stop)
        event = np.repeat(np.arange(start, stop), np.diff(labels.offsets))
        np.add.at(classes, (event, labels.class_id), 1)
        for channel, name in enumerate(file.collections):
            cells = file.cells(name, start, stop)
            event = np.repeat(np.arange(stop - start), np.diff(cells.offsets))
            total[start:stop, channel] = np.bincount(event, weights=cells.columns["et"], minlength=stop - start)
    groups = []
    for code, mu in sorted({(int(code), float(mu)) for code, mu in zip(file.process, file.mu, strict=True)}):
        own = (file.process == code) & (file.mu == np.float32(mu))
        groups.append(
            Group(
                process=file.process_names[code],
                mu=mu,
                events=int(own.sum()),
                mean_npu=float(file.npu[own].mean()),
                mean_et=dict(zip(file.collections, total[own].mean(0).tolist(), strict=True)),
                objects=dict(zip(CLASS_NAMES[1:], classes[own].sum(0).tolist()[1:], strict=True)),
            )
        )
    return groups
