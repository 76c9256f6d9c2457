"""What is in an events file, in figures: counts by process, spectra, and checks against what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.events.files.reader import EventFile
from jetflow.events.inspect.around import owner
from jetflow.events.inspect.contents import Contents
from jetflow.events.labels import CLASSES, Labels

__all__ = ["NAMES", "Group", "Spectrum", "groups", "spectra"]

NAMES = {"ecal": "ECAL", "hcal": "HCAL", "track": "tracks", "photon": "photons", "neutral": "neutral hadrons"}


@dataclass(frozen=True)
class Group:
    """Events of one process and one mean pileup: counts, the mean number of collisions, objects by class of paper 1."""

    process: str
    mu: float
    events: int
    mean_npu: float
    objects: dict[str, int]


@dataclass(frozen=True)
class Spectrum:
    """A quantity: how many values it has, their mean and quantiles (5%, 50%, 95%) and the largest; 0 without values."""

    name: str
    unit: str
    entries: int
    mean: float
    quantiles: tuple[float, float, float]
    largest: float

    @classmethod
    def of(cls, name: str, unit: str, values: NDArray[np.generic]) -> Spectrum:
        """The spectrum of `values`."""
        if not len(values):
            return cls(name, unit, 0, 0.0, (0.0, 0.0, 0.0), 0.0)
        numbers = values.astype(np.float64)
        low, middle, high = np.quantile(numbers, (0.05, 0.5, 0.95)).tolist()
        return cls(name, unit, len(numbers), float(numbers.mean()), (low, middle, high), float(numbers.max()))


def groups(file: EventFile, contents: Contents) -> list[Group]:
    """One group for each (process, mu) of the file."""
    names = CLASSES["paper1"]
    objects = np.zeros((len(file), len(names)), np.int64)
    np.add.at(objects, (owner(contents.paper1.offsets), contents.paper1.class_id - 1), 1)
    found = []
    for code, mu in sorted({(int(code), float(mu)) for code, mu in zip(file.process, file.mu, strict=True)}):
        own = (file.process == code) & (file.mu == np.float32(mu))
        found.append(
            Group(
                process=file.process_names[code],
                mu=mu,
                events=int(own.sum()),
                mean_npu=float(file.npu[own].mean()),
                objects=dict(zip(names, objects[own].sum(0).tolist(), strict=True)),
            )
        )
    return found


def spectra(file: EventFile, contents: Contents) -> list[Spectrum]:
    """ET and cells of an event by collection, by mean pileup; pT and mass of labels by class; jets."""
    return [*_of_cells(file, contents), *_of_labels(contents.paper1), *_of_jets(contents)]


def _of_cells(file: EventFile, contents: Contents) -> Iterator[Spectrum]:
    for mu in np.unique(file.mu).tolist():
        own = file.mu == np.float32(mu)
        for channel, name in enumerate(file.collections):
            yield Spectrum.of(f"{NAMES[name]} ET, mu {mu:g}", "GeV", contents.et[own, channel])
            yield Spectrum.of(f"{NAMES[name]} cells, mu {mu:g}", "", contents.cells[own, channel])


def _of_labels(labels: Labels) -> Iterator[Spectrum]:
    for class_id, name in enumerate(CLASSES["paper1"], 1):
        own = labels.class_id == class_id
        yield Spectrum.of(f"{name} pT", "GeV", labels.pt[own])
        yield Spectrum.of(f"{name} mass", "GeV", labels.mass[own])


def _of_jets(contents: Contents) -> Iterator[Spectrum]:
    columns = {"pt": "pT", "msd": "soft-drop mass"}
    for table, name in (("genjet", "generator"), ("baseline", "baseline")):
        if table in contents.jets:
            jets = contents.jets[table]
            yield Spectrum.of(f"{name} jets", "", np.diff(jets.offsets))
            for column in filter(jets.columns.__contains__, columns):
                yield Spectrum.of(f"{name} jets, {columns[column]}", "GeV", jets.columns[column])
