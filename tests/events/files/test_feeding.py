"""Batches of files larger than memory: every event once, in a seeded order, with its own labels."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.events import CALORIMETER, EventStream, open_events


def test_every_event_once_with_its_own_labels(sample: Path) -> None:
    """A stream of the file twice, in 512 events and odd batches, against the file itself."""
    stream = EventStream((sample, sample), CALORIMETER, "tower")
    assert (len(stream), stream.shape) == (512, (68, 72, 2))
    with open_events(sample) as file:
        images, labels = file.images(CALORIMETER, "tower"), file.labels()
    whole = {images[i].tobytes(): i for i in range(256)}
    assert len(whole) == 256
    seen = []
    for counts, found in stream.batches(36, seed=1, epoch=0):
        assert counts.shape == (36, 68, 72, 2)
        for i in range(36):
            event = whole[counts[i].tobytes()]
            seen.append(event)
            rows, expected = slice(*found.offsets[i : i + 2]), slice(*labels.offsets[event : event + 2])
            assert (found.pt[rows] == labels.pt[expected]).all()
            assert (found.class_id[rows] == labels.class_id[expected]).all()
    assert len(seen) == 504, "8 events fill no batch"
    assert max(np.bincount(seen, minlength=256)) == 2
    assert abs(np.corrcoef(seen, np.arange(504))[0, 1]) < 0.15, "shuffled"


def test_the_seed_makes_the_order(sample: Path) -> None:
    stream = EventStream((sample,), ("hcal",), "tower", scheme="paper2", lsb_gev=1.0, bits=8)

    def first(seed: int, epoch: int) -> np.ndarray:
        return next(stream.batches(50, seed, epoch))[0]

    assert (first(1, 0) == first(1, 0)).all()
    assert (first(1, 0) != first(1, 1)).any()
    assert (first(1, 0) != first(2, 0)).any()
    assert first(1, 0).max() <= 255


def test_several_pools(sample: Path) -> None:
    """More chunks than are shuffled together: nothing is lost between them."""
    stream = EventStream((sample,) * 18, ("ecal",), "tower")
    total = sum(int(counts.sum(dtype=np.int64)) for counts, _ in stream.batches(9, seed=3, epoch=0))
    with open_events(sample) as file:
        assert total == 18 * int(file.images(("ecal",), "tower").sum(dtype=np.int64))


def test_tensorflow_reads_it(sample: Path) -> None:
    """As the generator of a tf.data pipeline."""
    tf = pytest.importorskip("tensorflow")
    stream = EventStream((sample,), CALORIMETER, "tower")
    spec = tf.TensorSpec((32, *stream.shape), tf.uint16)
    images = (counts for counts, _ in stream.batches(32, seed=1, epoch=0))
    data = tf.data.Dataset.from_generator(lambda: images, output_signature=spec).prefetch(2)
    for found, (expected, _) in zip(data, stream.batches(32, seed=1, epoch=0), strict=True):
        assert (found.numpy() == expected).all()


def test_bad_streams(sample: Path, tmp_path: Path) -> None:
    for paths, channels, message in (
        ((), CALORIMETER, "no files given"),
        ((sample,), ("track",), "track: absent"),
        ((sample, tmp_path / "none.h5"), CALORIMETER, "no such events file"),
    ):
        with pytest.raises(InputError, match=message):
            EventStream(paths, channels, "tower")
    with pytest.raises(InputError, match="batch: found 0"):
        next(EventStream((sample,), CALORIMETER, "tower").batches(0, 1, 0))
