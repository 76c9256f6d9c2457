"""Batches: the same seed gives the same ones, and a jet stays where its energy is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.events import CALORIMETER, open_events
from jetflow.networks import Anchors
from jetflow.training.batches import TrainingSet, augment, batches
from jetflow.training.targets import Truth

ROWS, COLUMNS = 8, 12
ETA_MAX = ROWS * 0.087 / 2


def hot_cells(events: int, seed: int = 0) -> tuple[TrainingSet, np.ndarray, np.ndarray]:
    """Events with one jet in the middle of a tower that alone has energy: the set, the rows, the columns."""
    random = np.random.default_rng(seed)
    rows, columns = random.integers(0, ROWS, events), random.integers(0, COLUMNS, events)
    counts = np.zeros((events, ROWS, COLUMNS, 2), np.uint16)
    counts[np.arange(events), rows, columns, 0] = np.arange(1, events + 1)  # tells the events apart
    eta = ((rows + 0.5) / ROWS * 2 - 1) * ETA_MAX
    phi = ((columns + 0.5) / COLUMNS * 2 - 1) * np.pi
    truth = Truth(
        np.ones((events, 1), np.int32),
        eta[:, None].astype(np.float32),
        phi[:, None].astype(np.float32),
        np.arange(1, events + 1, dtype=np.float32)[:, None],
    )
    return TrainingSet.of(counts, truth), rows, columns


def everything(data: TrainingSet) -> np.ndarray:
    """All images of a set."""
    return data.images(np.arange(len(data)))


def where(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the only tower with energy, by event."""
    event, row, column, channel = np.nonzero(images)
    assert event.tolist() == list(range(len(images)))
    assert not channel.any()
    return row, column


def cell(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Row and column where the truth says the jet is."""
    row = np.floor((truth.eta[:, 0] / ETA_MAX + 1) / 2 * ROWS).astype(int)
    column = np.floor((truth.phi[:, 0] / np.pi + 1) / 2 * COLUMNS).astype(int)
    return row, column


def test_flips_and_rotations_move_image_and_truth_together() -> None:
    data, rows, columns = hot_cells(50)
    seen = set()
    for seed in range(40):
        images, truth = augment(everything(data), data.truth, np.random.default_rng(seed))
        row, column = where(images)
        assert np.array_equal(cell(truth), (row, column))
        assert abs(truth.phi).max() <= np.float32(np.pi)
        flipped = bool((row != rows).any())
        assert np.array_equal(row, ROWS - 1 - rows if flipped else rows)
        mirrored = len(set((column + columns) % COLUMNS)) < len(set((column - columns) % COLUMNS))
        assert len(set((column - columns) % COLUMNS)) > 3, "events turn by angles of their own"
        seen.add((flipped, mirrored))
        assert np.array_equal(images.max((1, 2, 3)), everything(data).max((1, 2, 3)))
    assert {flipped for flipped, _ in seen} == {True, False}


def test_mirror_in_phi() -> None:
    """Without the rotation: the two halves of phi change places, in image and truth."""

    class Fixed:
        def random(self) -> float:
            return next(self.draws)

        def integers(self, low: int, high: int, size: int) -> np.ndarray:
            return np.zeros(size, int)

        def __init__(self, *draws: float) -> None:
            self.draws = iter(draws)

    data, rows, columns = hot_cells(20)
    random: Any = Fixed(0.9, 0.1)
    images, truth = augment(everything(data), data.truth, random)
    assert np.array_equal(where(images), (rows, COLUMNS - 1 - columns))
    assert np.array_equal(cell(truth), where(images))
    random = Fixed(0.1, 0.9)
    images, truth = augment(everything(data), data.truth, random)
    assert np.array_equal(where(images), (ROWS - 1 - rows, columns))
    assert np.array_equal(cell(truth), where(images))


def drawn(config: ModelConfig, data: TrainingSet, seed: int, epoch: int) -> list[tuple[np.ndarray, ...]]:
    return [
        (x, t.classes, t.offsets, t.regression) for x, t in batches(data, config, [Anchors.of(config)], seed, epoch)
    ]


def same(first: list[tuple[np.ndarray, ...]], second: list[tuple[np.ndarray, ...]]) -> bool:
    return all(
        np.array_equal(a, b) for one, two in zip(first, second, strict=True) for a, b in zip(one, two, strict=True)
    )


def test_seed_and_epoch_give_the_batches(config: ModelConfig) -> None:
    data, _, _ = hot_cells(18)
    first = drawn(config, data, seed=3, epoch=1)
    assert same(first, drawn(config, data, seed=3, epoch=1))
    assert not same(first, drawn(config, data, seed=3, epoch=2))
    assert not same(first, drawn(config, data, seed=4, epoch=1))


def test_an_epoch_has_every_event_once(config: ModelConfig) -> None:
    """18 events in batches of 4: four batches of different events, in the network's units."""
    data, _, _ = hot_cells(18)
    found = drawn(config, data, seed=0, epoch=0)
    assert [batch[0].shape for batch in found] == [(4, ROWS, COLUMNS, 2)] * 4
    images = np.concatenate([batch[0] for batch in found])
    assert images.dtype == np.float32
    names = images.max((1, 2, 3)) * 2**config.input.fraction
    assert len(set(names.tolist())) == 16
    assert set(names.tolist()) <= set(range(1, 19))


def test_targets_belong_to_their_images(config: ModelConfig) -> None:
    """The mass names the event; the positive cell that decodes to the jet is the one with its energy."""
    data, _, _ = hot_cells(16)
    anchors = Anchors.of(config)
    for images, *targets in drawn(config, data, seed=5, epoch=0):
        shape = (len(images), anchors.rows, anchors.columns)
        classes, offsets, mass = (target.reshape(*shape, *target.shape[2:]) for target in targets)
        position = anchors.decode(offsets)
        for i, (row, column) in enumerate(zip(*where(images), strict=True)):
            r, c = np.argwhere(classes[i] > 0)[0]
            assert mass[i, r, c] * 128 == pytest.approx(images[i].max() * 2**config.input.fraction)
            assert position[i, r, c, 0] == pytest.approx(((row + 0.5) / ROWS * 2 - 1) * ETA_MAX, abs=1e-5)
            phi = ((column + 0.5) / COLUMNS * 2 - 1) * np.pi
            assert abs((position[i, r, c, 1] - phi + np.pi) % (2 * np.pi) - np.pi) < 1e-5


def test_events_that_do_not_fit_the_config(config: ModelConfig, sample: Path) -> None:
    with pytest.raises(InputError, match=r"its images are \(68, 72, 2\), input of tiny is \(8, 12, 2\)"):
        TrainingSet.read([sample], config)
    whole = config.model_copy(update={"input": config.input.model_copy(update={"rows": 68, "columns": 72})})
    with pytest.raises(InputError, match="labels paper1 have the classes b, W/Z/H, t, tiny has b, t"):
        TrainingSet.read([sample], whole.model_copy(update={"classes": ("b", "t")}))


def test_several_files_make_one_set(config: ModelConfig, sample: Path) -> None:
    whole = config.model_copy(update={"input": config.input.model_copy(update={"rows": 68, "columns": 72})})
    data = TrainingSet.read([sample, sample], whole)
    assert len(data) == 512
    with open_events(sample) as file:
        counts, labels = file.images(CALORIMETER, "tower"), file.labels()
    assert np.array_equal(everything(data), np.concatenate([counts, counts]))
    assert (data.truth.classes > 0).sum() == 2 * len(labels.class_id)
    assert data.truth.regressed[data.truth.classes > 0] == pytest.approx(np.tile(labels.mass, 2))
