"""Batches: the same seed gives the same ones, and a jet stays where its energy is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig, RegressionConfig
from jetflow.errors import InputError
from jetflow.events import Labels, open_events
from jetflow.networks import Anchors
from jetflow.training.batches import batches, flip, rotate, training_events
from jetflow.training.targets import Truth

ROWS, COLUMNS = 8, 12
ETA_MAX = ROWS * 0.087 / 2


@dataclass
class Memory:
    """Events in memory, with the interface of an EventStream that batches uses."""

    counts: np.ndarray
    truth: Truth

    def __len__(self) -> int:
        return len(self.counts)

    def batches(self, size: int, seed: int, epoch: int) -> Iterator[tuple[np.ndarray, Labels]]:
        order = np.random.default_rng([seed, epoch]).permutation(len(self))
        for start in range(0, len(order) - size + 1, size):
            events = order[start : start + size]
            classes, eta, phi, mass = (
                getattr(self.truth, name)[events, 0] for name in ("classes", "eta", "phi", "regressed")
            )
            yield self.counts[events], Labels(np.arange(size + 1), classes.astype(np.int8), eta, phi, mass, mass)


def hot_cells(events: int, seed: int = 0) -> tuple[Any, np.ndarray, np.ndarray]:
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
    return Memory(counts, truth), rows, columns


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
    """Event by event: about half of them are flipped in eta, and they turn by angles of their own."""
    data, rows, columns = hot_cells(200)
    random = np.random.default_rng(1)
    images, truth = rotate(*flip(data.counts, data.truth, random), random)
    row, column = where(images)
    assert np.array_equal(cell(truth), (row, column))
    assert abs(truth.phi).max() <= np.float32(np.pi)
    flipped = row == ROWS - 1 - rows
    assert ((row == rows) | flipped).all()
    assert 70 < flipped.sum() < 130
    assert len(set((column - columns) % COLUMNS)) == COLUMNS
    assert np.array_equal(images.max((1, 2, 3)), data.counts.max((1, 2, 3)))


def test_mirrors_without_rotation() -> None:
    """Every other event changes sides in eta, and the first half of them in phi, in image and truth."""
    data, rows, columns = hot_cells(20)
    in_eta, in_phi = np.arange(20) % 2 == 0, np.arange(20) < 10

    class Fixed:
        def random(self, shape: tuple[int, int]) -> np.ndarray:
            assert shape == (2, 20)
            return np.where([in_eta, in_phi], 0.1, 0.9)

    random: Any = Fixed()
    images, truth = flip(data.counts, data.truth, random)
    expected = np.where(in_eta, ROWS - 1 - rows, rows), np.where(in_phi, COLUMNS - 1 - columns, columns)
    assert np.array_equal(where(images), expected)
    assert np.array_equal(cell(truth), expected)


def drawn(config: ModelConfig, data: Any, seed: int, epoch: int) -> list[tuple[np.ndarray, ...]]:
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
        training_events([sample], config)
    whole = config.model_copy(update={"input": config.input.model_copy(update={"rows": 68, "columns": 72})})
    with pytest.raises(InputError, match="labels paper1 have the classes b, W/Z/H, t, tiny has b, t"):
        training_events([sample], whole.model_copy(update={"classes": ("b", "t")}))


def test_several_files_make_one_set(config: ModelConfig, sample: Path) -> None:
    """Every event of both files once: the sum of all counts, and of all masses in the heads' unit, is theirs."""
    towers = config.input.model_copy(update={"rows": 68, "columns": 72})
    whole = config.model_copy(update={"input": towers})
    data = training_events([sample, sample], whole)
    assert len(data) == 512
    with open_events(sample) as file:
        counts = file.images(towers.channels, "tower")
    found = drawn(whole, data, seed=1, epoch=0)
    assert len(found) == 512 // whole.training.batch
    total = sum(float(images.astype(np.float64).sum()) for images, *_ in found)
    assert total * 2**towers.fraction == 2 * counts.astype(np.int64).sum()


def test_the_regression_is_that_of_the_config(config: ModelConfig) -> None:
    """pT as log2(pT / scale) instead of mass / 128."""
    data, _, _ = hot_cells(8)
    pt = config.model_copy(update={"regression": RegressionConfig(target="pt", scale_gev=4.0)})
    for images, classes, _, values in drawn(pt, data, seed=5, epoch=0):
        for i in range(len(images)):
            truth = images[i].max() * 2**config.input.fraction
            assert values[i][classes[i] > 0] == pytest.approx(np.log2(truth / 4.0))


def test_the_papers_recipe_does_not_rotate(config: ModelConfig) -> None:
    """All jets stand in one column of the image; flips leave two, rotations every one."""
    data, _, columns = hot_cells(60)
    source = (np.arange(COLUMNS) + columns[:, None] - 2) % COLUMNS
    data.counts[:] = np.take_along_axis(data.counts, source[:, None, :, None], 2)
    data.truth.phi[:] = ((2 + 0.5) / COLUMNS * 2 - 1) * np.pi
    for rotations, expected in ((False, {2, COLUMNS - 3}), (True, set(range(COLUMNS)))):
        recipe = config.training.model_copy(update={"rotations": rotations})
        found = drawn(config.model_copy(update={"training": recipe}), data, 1, 1)
        assert set(np.concatenate([np.nonzero(images)[2] for images, *_ in found]).tolist()) == expected
