"""Batches of images and truth in a seeded order, flipped and rotated at random."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.events import CLASSES, EventFile, open_events
from jetflow.networks.anchors import Anchors
from jetflow.training.targets import Targets, Truth, assign

__all__ = ["TrainingSet", "batches", "check_fit"]

CHUNK = 2**25  # counts read at once


@dataclass(frozen=True)
class TrainingSet:
    """Events in memory, images as the counts that are not zero: dense crystal images would take 0.5 MB an event."""

    shape: tuple[int, int, int]  # of an image: rows, columns, channels
    offsets: NDArray[np.int64]  # (events + 1,): event i has offsets[i]:offsets[i + 1]
    index: NDArray[np.int32]  # where in the flat image
    count: NDArray[np.uint16]
    truth: Truth

    @classmethod
    def read(cls, paths: list[Path], config: ModelConfig) -> "TrainingSet":
        """Read all events of all files. Raises InputError for a bad file or one that does not fit the config."""
        parts, truths = [], []
        entry = config.input
        for path in paths:
            with open_events(path) as file:
                check_fit(file, config)
                step = max(1, CHUNK // math.prod(entry.shape))
                for start in range(0, len(file), step):
                    stop = min(start + step, len(file))
                    images = file.images(entry.channels, entry.grid, start, stop, entry.lsb_gev, entry.bits)
                    parts.append(_sparse(images))
                    labels = file.labels(start, stop, config.labels)
                    truths.append(Truth.pad(labels, config.regression.target))
        counts, index, count = (np.concatenate([part[i] for part in parts]) for i in range(3))
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return cls(entry.shape, offsets, index, count, Truth.join(truths))

    @classmethod
    def of(cls, images: NDArray[np.uint16], truth: Truth) -> "TrainingSet":
        """From images (events, rows, columns, channels) of counts."""
        counts, index, count = _sparse(images)
        return cls(images.shape[1:], np.concatenate([[0], np.cumsum(counts)]), index, count, truth)

    def images(self, events: NDArray[np.int64]) -> NDArray[np.uint16]:
        """Counts of some events in that order, (events, *shape) uint16."""
        images = np.zeros((len(events), math.prod(self.shape)), np.uint16)
        for image, event in zip(images, events, strict=True):
            own = slice(self.offsets[event], self.offsets[event + 1])
            image[self.index[own]] = self.count[own]
        return images.reshape(-1, *self.shape)

    def __len__(self) -> int:
        return len(self.offsets) - 1


def _sparse(images: NDArray[np.uint16]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint16]]:
    """How many counts of every image are not zero, where in the flat image, and what they are."""
    flat = images.reshape(len(images), -1)
    event, index = np.nonzero(flat)
    return np.bincount(event, minlength=len(images)), index.astype(np.int32), flat[event, index]


def check_fit(file: EventFile, config: ModelConfig) -> None:
    """Raise InputError where the images of an events file, or the classes of its labels, are not the config's."""
    shape = file.image_shape(config.input.channels, config.input.grid)
    if config.input.shape != shape:
        raise InputError(f"{file.path}: its images are {shape}, input of {config.name} is {config.input.shape}")
    classes = CLASSES[config.labels]
    if [_letters(name) for name in config.classes] != [_letters(name) for name in classes]:
        raise InputError(
            f"{file.path}: labels {config.labels} have the classes {', '.join(classes)}, "
            f"{config.name} has {', '.join(config.classes)}"
        )


def _letters(name: str) -> str:
    """W/Z/H and WZH are the same class."""
    return "".join(filter(str.isalnum, name))


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
    data: TrainingSet, config: ModelConfig, maps: Sequence[Anchors], seed: int, epoch: int
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
        images, truth = augment(data.images(events), data.truth.take(events), random)
        yield images.astype(np.float32) * lsb, assign(maps, truth, d.match_iou, config.regression)
