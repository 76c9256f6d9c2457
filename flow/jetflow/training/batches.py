"""Batches of images and truth in a seeded order, flipped and rotated at random."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.events import CLASS_NAMES, EventFile, open_events
from jetflow.networks.anchors import Anchors
from jetflow.training.targets import Targets, Truth, assign

__all__ = ["TrainingSet", "batches", "check_fit"]

CHUNK = 2000  # events read at once


@dataclass(frozen=True)
class TrainingSet:
    """Events in memory: counts as uint16 (19.6 kB an event on the tower grid) and padded truth."""

    counts: NDArray[np.uint16]  # (events, rows, columns, channels)
    truth: Truth

    @classmethod
    def read(cls, paths: list[Path], config: ModelConfig) -> "TrainingSet":
        """Read all events of all files. Raises InputError for a bad file or one that does not fit the config."""
        images, truths = [], []
        for path in paths:
            with open_events(path) as file:
                check_fit(file, config)
                for start in range(0, len(file), CHUNK):
                    stop = min(start + CHUNK, len(file))
                    entry = config.input
                    images.append(file.images(entry.channels, entry.grid, start, stop, entry.lsb_gev, entry.bits))
                    truths.append(Truth.pad(file.labels(start, stop)))
        jets = max(t.classes.shape[1] for t in truths)

        def joined(field: str) -> Any:
            parts = [getattr(t, field) for t in truths]
            return np.concatenate([np.pad(p, ((0, 0), (0, jets - p.shape[1]))) for p in parts])

        return cls(np.concatenate(images), Truth(*(joined(f) for f in ("classes", "eta", "phi", "mass"))))

    def __len__(self) -> int:
        return len(self.counts)


def check_fit(file: EventFile, config: ModelConfig) -> None:
    """Raise InputError where the images or the classes of an events file are not those of the config."""
    shape = file.image_shape(config.input.channels, config.input.grid)
    if config.input.shape != shape:
        raise InputError(f"{file.path}: its images are {shape}, input of {config.name} is {config.input.shape}")
    classes = CLASS_NAMES[1:]
    if len(config.classes) != len(classes):
        raise InputError(
            f"{file.path}: has the classes {', '.join(classes)}, {config.name} has {', '.join(config.classes)}"
        )


def augment(images: Any, truth: Truth, random: np.random.Generator) -> tuple[Any, Truth]:
    """Per batch a flip in eta and in phi, each at even odds, and per event a rotation in phi by whole cells."""
    columns = images.shape[2]
    if random.random() < 0.5:
        images, truth = images[:, ::-1], replace(truth, eta=-truth.eta)
    if random.random() < 0.5:
        images, truth = images[:, :, ::-1], replace(truth, phi=-truth.phi)
    roll = random.integers(0, columns, len(images))
    source = (np.arange(columns)[None] - roll[:, None]) % columns
    images = np.take_along_axis(images, source[:, None, :, None], axis=2)
    phi = truth.phi + (roll * (2 * np.pi / columns)).astype(np.float32)[:, None]
    return images, replace(truth, phi=((phi + np.pi) % (2 * np.pi) - np.pi).astype(np.float32))


def batches(
    data: TrainingSet, config: ModelConfig, anchors: Anchors, seed: int, epoch: int
) -> Iterator[tuple[Any, Targets]]:
    """One epoch: (images float32 in the network's units, targets). The same seed and epoch give the same batches.

    The last events that fill no batch are left out of this epoch.
    """
    random = np.random.default_rng([seed, epoch])
    size, d = config.training.batch, config.detection
    order = random.permutation(len(data))
    lsb = np.float32(config.input.fixed_point().lsb)
    for start in range(0, len(order) - size + 1, size):
        events = order[start : start + size]
        images, truth = augment(data.counts[events], data.truth.take(events), random)
        yield images.astype(np.float32) * lsb, assign(anchors, truth, d.match_iou, d.mass_scale_gev)
