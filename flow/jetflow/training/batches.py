"""Batches of images and truth in a seeded order, flipped and rotated at random."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.events import CLASSES, EventFile, EventStream, open_events
from jetflow.networks.anchors import Anchors
from jetflow.training.targets import Targets, Truth, assign

__all__ = ["batches", "check_fit", "training_events"]


def training_events(paths: Sequence[Path], config: ModelConfig) -> EventStream:
    """The events of all files.

    Raises InputError for a bad file, one that does not fit the config, and where all together fill no batch.
    """
    for path in paths:
        with open_events(path) as file:
            check_fit(file, config)
    entry = config.input
    data = EventStream(tuple(paths), entry.channels, entry.grid, config.labels, entry.lsb_gev, entry.bits)
    if len(data) < config.training.batch:
        raise InputError(
            f"{', '.join(map(str, paths))}: training needs at least {config.training.batch} events (training.batch), "
            f"found {len(data)}: give more events or a smaller batch"
        )
    return data


def check_fit(file: EventFile, config: ModelConfig) -> None:
    """Raise InputError where the images of an events file, or the classes of its labels, are not the config's."""
    shape = file.image_shape(config.input.channels, config.input.grid)
    if config.input.shape != shape:
        raise InputError(f"{file.path}: its images are {shape}, input of {config.name} is {config.input.shape}")
    step = file.grid.eta_step * (file.grid.tower if config.input.grid == "tower" else 1)
    if not math.isclose(step, config.input.cell_eta, rel_tol=1e-6):
        raise InputError(
            f"{file.path}: its cells are {step:g} wide in eta, those of {config.name} {config.input.cell_eta:g} "
            "(input.eta_step)"
        )
    classes = CLASSES[config.labels]
    if [_letters(name) for name in config.classes] != [_letters(name) for name in classes]:
        raise InputError(
            f"{file.path}: labels {config.labels} have the classes {', '.join(classes)}, "
            f"{config.name} has {', '.join(config.classes)}"
        )


def _letters(name: str) -> str:
    """W/Z/H and WZH are the same class."""
    return "".join(filter(str.isalnum, name))


def flip(images: Any, truth: Truth, random: np.random.Generator) -> tuple[Any, Truth]:
    """Per event a flip in eta and in phi, each at even odds."""
    in_eta, in_phi = random.random((2, len(images))) < 0.5
    images = np.where(in_eta[:, None, None, None], images[:, ::-1], images)
    images = np.where(in_phi[:, None, None, None], images[:, :, ::-1], images)
    truth = replace(
        truth,
        eta=np.where(in_eta[:, None], -truth.eta, truth.eta),
        phi=np.where(in_phi[:, None], -truth.phi, truth.phi),
    )
    return images, truth


def rotate(images: Any, truth: Truth, random: np.random.Generator) -> tuple[Any, Truth]:
    """Per event a rotation in phi by whole cells."""
    columns = images.shape[2]
    roll = random.integers(0, columns, len(images))
    source = (np.arange(columns)[None] - roll[:, None]) % columns
    images = np.take_along_axis(images, source[:, None, :, None], axis=2)
    phi = truth.phi + (roll * (2 * np.pi / columns)).astype(np.float32)[:, None]
    return images, replace(truth, phi=((phi + np.pi) % (2 * np.pi) - np.pi).astype(np.float32))


def batches(
    data: EventStream, config: ModelConfig, maps: Sequence[Anchors], seed: int, epoch: int
) -> Iterator[tuple[Any, Targets]]:
    """One epoch: (images float32 in the network's units, targets). The same seed and epoch give the same batches.

    The last events that fill no batch are left out of this epoch.
    """
    random = np.random.default_rng([seed, epoch])
    lsb = np.float32(config.input.fixed_point().lsb)
    for counts, labels in data.batches(config.training.batch, seed, epoch):
        images, truth = flip(counts, Truth.pad(labels, config.regression.target), random)
        if config.training.rotations:
            images, truth = rotate(images, truth, random)
        yield images.astype(np.float32) * lsb, assign(maps, truth, config.detection.match_iou, config.regression)
