"""Growing datasets: HDF5 reads back what was appended, and the same values give the same bytes in any pieces."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from jetflow.events.files.chunks import Column
from jetflow.events.files.schema import CHUNK


def written(path: Path, values: np.ndarray, pieces: list[int]) -> bytes:
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        column = Column(file, "x", str(values.dtype))
        for part in np.split(values, pieces):
            column.append(part)
        column.close()
    return path.read_bytes()


@pytest.mark.parametrize("dtype", ["int8", "float16", "uint32", "float32", "int64"])
@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 5])
def test_what_is_appended_is_read(tmp_path: Path, dtype: str, count: int) -> None:
    values = np.random.default_rng(count).integers(0, 100, count).astype(dtype)
    whole = written(tmp_path / "whole.h5", values, [])
    pieces = written(tmp_path / "pieces.h5", values, [count // 3, count // 3, count // 2])
    assert whole == pieces
    with h5py.File(tmp_path / "whole.h5") as file:
        assert file["x"].dtype == dtype
        assert np.array_equal(file["x"][:], values)


def test_the_last_value_is_kept(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        column = Column(file, "x", "int64")
        assert column.last is None
        column.append(np.array([3, 5]))
        column.append(np.array([], np.int64))
        assert column.last == 5
