"""In which order the pixels of a map stream: column by column, phi the slow axis, from some first column on.

A convolution around the cylinder needs the last column for its first one. Instead of waiting for the whole image it
starts with its first complete column and emits the others last, so every such layer moves the first column on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["StreamOrder"]


@dataclass(frozen=True)
class StreamOrder:
    """A map of `rows` x `columns`: columns first, first + 1, ..., columns - 1, 0, ..., first - 1; rows from 0.

    `lanes` rows of a column travel side by side, the first in the lowest lane; where the rows are no multiple of that,
    a column's last beat has lanes that mean nothing.
    """

    rows: int
    columns: int
    first: int = 0
    lanes: int = 1

    @property
    def groups(self) -> int:
        """Beats of a column."""
        return -(-self.rows // self.lanes)

    @property
    def beats(self) -> int:
        """Beats of an event."""
        return self.groups * self.columns

    def beats_before(self, column: int) -> int:
        """Beats from the one in which `column` begins to the first one of this order."""
        return (self.first - column) % self.columns * self.groups

    def streamed(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Images (events, rows, columns, channels) as they stream: (events, beats, lanes * channels)."""
        turned = np.roll(np.asarray(images), -self.first, axis=2).swapaxes(1, 2)
        more = self.groups * self.lanes - self.rows
        filled = np.pad(turned, ((0, 0), (0, 0), (0, more), (0, 0)))
        return filled.reshape(len(filled), self.beats, -1)

    def images(self, beats: NDArray[np.int64]) -> NDArray[np.int64]:
        """The images of what streamed: the inverse of `streamed`."""
        filled = beats.reshape(len(beats), self.columns, self.groups * self.lanes, -1)
        turned = filled[:, :, : self.rows].swapaxes(1, 2)
        return np.roll(turned, self.first, axis=2)
