"""Images of the user's own, and the one door through which a build reads any of them."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.events import CALORIMETER, load_counts, open_events

TOWERS = (68, 72, 2)


def save(folder: Path, images: np.ndarray, suffix: str) -> Path:
    path = folder / f"own{suffix}"
    if suffix == ".npy":
        np.save(path, images)
    else:
        np.savez_compressed(path, images=images, other=np.arange(3))
    return path


def test_events_files(sample: Path) -> None:
    with open_events(sample) as file:
        towers, crystals = (file.images(CALORIMETER, grid, 5, 9, 0.5, 8) for grid in ("tower", "crystal"))
    counts = load_counts(sample, CALORIMETER, TOWERS, 0.5, 8, 5, 9)
    assert counts.dtype == np.int64
    assert (counts == towers).all()
    assert (load_counts(sample, CALORIMETER, (340, 360, 2), 0.5, 8, 5, 7) == crystals[:2]).all()
    assert load_counts(sample, CALORIMETER, TOWERS, 0.5, 8, 250).shape == (6, *TOWERS)


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint16])
def test_integers_are_counts(tmp_path: Path, suffix: str, dtype: type) -> None:
    images = np.random.default_rng(1).integers(0, 256, (4, *TOWERS)).astype(dtype)
    counts = load_counts(save(tmp_path, images, suffix), CALORIMETER, TOWERS, 0.5, 8, 1, 3)
    assert counts.dtype == np.int64
    assert (counts == images[1:3]).all()


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_energies(tmp_path: Path, suffix: str, dtype: type) -> None:
    images = np.zeros((1, *TOWERS), dtype)
    images[0, 0, :6, 0] = [0.2, 0.25, 0.5, 0.75, 10, 5000]
    counts = load_counts(save(tmp_path, images, suffix), CALORIMETER, TOWERS, 0.5, 10)
    assert counts[0, 0, :7, 0].tolist() == [0, 1, 1, 2, 20, 1023, 0]


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (np.nan, np.float32, r"found NaN GeV; 0\.\.14000 GeV is allowed"),
        (-0.5, np.float32, r"found -0\.5 GeV"),
        (20_000, np.float32, r"found 20000\.0 GeV"),
        (np.inf, np.float32, r"found inf GeV"),
        (256, np.int32, r"found 256 counts; 0\.\.255 counts"),
        (-1, np.int32, r"found -1 counts"),
        (True, np.bool_, r"found bool; integer counts or float GeV"),
    ],
)
def test_bad_values(tmp_path: Path, value: float, dtype: type, message: str) -> None:
    images = np.zeros((2, *TOWERS), dtype)
    images[1, 3, 4, 1] = value
    with pytest.raises(InputError, match=message) as caught:
        load_counts(save(tmp_path, images, ".npz"), CALORIMETER, TOWERS, 0.5, 8)
    assert "own.npz: images" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_shapes_and_ranges(tmp_path: Path, sample: Path) -> None:
    path = save(tmp_path, np.zeros((2, 72, 68, 2)), ".npy")
    with pytest.raises(InputError, match=r"found shape \(2, 72, 68, 2\); \(n, 68, 72, 2\) is allowed"):
        load_counts(path, CALORIMETER, TOWERS, 0.5, 8)
    with pytest.raises(InputError, match=r"the network reads \(10, 10, 2\)"):
        load_counts(sample, CALORIMETER, (10, 10, 2), 0.5, 8)
    with pytest.raises(InputError, match=r"it has 2; ask for fewer"):
        load_counts(path, CALORIMETER, (72, 68, 2), 0.5, 8, 0, 3)


@pytest.mark.parametrize("name", ["cut.npz", "cut.npy", "text.npz", "empty.npy", "pickle.npy"])
def test_bad_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.startswith("cut"):
        whole = save(tmp_path, np.random.default_rng(1).random((2, *TOWERS)), path.suffix).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif name.startswith("pickle"):
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    else:
        path.write_text("ET,eta,phi\n" if name.startswith("text") else "")
    with pytest.raises(InputError, match=rf"{name}: truncated, corrupt or not a NumPy file") as caught:
        load_counts(path, CALORIMETER, TOWERS, 0.5, 8)
    assert "\n" not in str(caught.value)


def test_missing_key_and_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", pictures=np.zeros((1, *TOWERS)))
    with pytest.raises(InputError, match=r"x\.npz: images: absent; found \['pictures'\]"):
        load_counts(tmp_path / "x.npz", CALORIMETER, TOWERS, 0.5, 8)
    with pytest.raises(InputError, match=r"none\.h5: no such events file"):
        load_counts(tmp_path / "none.h5", CALORIMETER, TOWERS, 0.5, 8)
