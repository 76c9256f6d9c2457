"""Dense images of a user's own (.npy, .npz) as sparse cells of our layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.events.block import Block, Table
from jetflow.events.files.images import check_values, load_images
from jetflow.events.files.schema import COLLECTIONS
from jetflow.events.grid import Grid
from jetflow.events.layouts.foreign import no_truth, unknown

__all__ = ["image_blocks"]

_STEP = 256  # images at a time
_BITS = 11  # of a count: more would not survive in float16


def image_blocks(path: Path, channels: Sequence[str], lsb_gev: float, mu: float) -> Iterator[Block]:
    """The images of a file, (n, 340, 360, c) crystals or (n, 68, 72, c) towers, as blocks of cells without labels.

    `channels` names the collection of every channel. Floats are ET in GeV, integers counts of `lsb_gev`. What a tower
    holds goes to its middle crystal: the towers of the file are those of the images, its crystals are not physical.
    ET is rounded to float16, 11 bits. `mu` is the mean pileup to note.
    """
    grid = Grid()
    images = load_images(path)
    allowed = {(*grid.crystal_shape, len(channels)): 1, (*grid.tower_shape, len(channels)): grid.tower}
    if images.shape[1:] not in allowed:
        shapes = " or ".join(str(("n", *shape)).replace("'", "") for shape in allowed)
        raise InputError(f"{path}: images: found shape {images.shape}; {shapes} is allowed; reshape it, or --channels")
    if not len(images):
        raise InputError(f"{path}: images: holds no events; at least one is needed; save some")
    for name in channels:
        if name not in COLLECTIONS or list(channels).count(name) > 1:
            raise InputError(f"--channels: found {name!r}; each once of {', '.join(COLLECTIONS)} is allowed")
    if not lsb_gev > 0:
        raise InputError(f"--lsb-gev: found {lsb_gev}; a count must be more than 0 GeV")
    size = allowed[images.shape[1:]]
    for start in range(0, len(images), _STEP):
        some = np.asarray(images[start : start + _STEP])
        check_values(path, some, _BITS)
        scale = lsb_gev if np.issubdtype(some.dtype, np.integer) else 1.0
        tables = {name: _cells(some[..., channel], scale, size) for channel, name in enumerate(channels)}
        yield Block(unknown(len(some), mu), {**tables, "truth": no_truth(len(some))})


def _cells(image: NDArray[np.generic], scale: float, size: int) -> Table:
    """The cells of (n, rows, columns) images that are not 0, at the middle of size x size crystals."""
    event, row, column = np.nonzero(image)
    columns = {axis: (at * size + size // 2).astype(np.uint16) for axis, at in (("eta", row), ("phi", column))}
    et = (image[event, row, column].astype(np.float64) * scale).astype(np.float16)
    return Table(np.searchsorted(event, np.arange(len(image) + 1)).astype(np.int64), {**columns, "et": et})
