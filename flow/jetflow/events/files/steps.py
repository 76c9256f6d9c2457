"""Crystals as steps: how the positions of cells are stored in a third less space."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["from_steps", "to_steps"]


def to_steps(
    offsets: NDArray[np.int64], eta: NDArray[np.uint16], phi: NDArray[np.uint16], phi_cells: int
) -> NDArray[np.uint32]:
    """From each cell to the next of its event: differences of eta * phi_cells + phi, modulo 2**32; uint32 (rows,).

    An event starts at crystal 0. Any order is allowed; rising order gives small numbers, which compress best.
    """
    crystal = eta.astype(np.uint32) * np.uint32(phi_cells) + phi
    step = np.diff(crystal, prepend=np.uint32(0))
    first = offsets[:-1][np.diff(offsets) > 0]
    step[first] = crystal[first]
    return step


def from_steps(
    offsets: NDArray[np.int64], step: NDArray[np.uint32], phi_cells: int
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """eta and phi of the cells that `to_steps` turned into `step`; an impossible eta becomes 65535 at most."""
    total = np.concatenate([np.zeros(1, np.uint32), np.cumsum(step, dtype=np.uint32)])
    crystal = total[1:] - np.repeat(total[offsets[:-1]], np.diff(offsets))
    eta, phi = np.divmod(crystal, np.uint32(phi_cells))
    return np.minimum(eta, 65535).astype(np.uint16), phi.astype(np.uint16)
