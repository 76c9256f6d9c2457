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
    """A map of `rows` x `columns`: columns first, first + 1, ..., columns - 1, 0, ..., first - 1; rows from 0."""

    rows: int
    columns: int
    first: int = 0

    @property
    def beats(self) -> int:
        """Pixels of an event."""
        return self.rows * self.columns

    def streamed(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Images (events, rows, columns, channels) as they stream: (events, beats, channels)."""
        turned = np.roll(np.asarray(images), -self.first, axis=2).swapaxes(1, 2)
        return turned.reshape(len(turned), self.beats, turned.shape[3])

    def images(self, beats: NDArray[np.int64]) -> NDArray[np.int64]:
        """The images of what streamed: the inverse of `streamed`."""
        turned = beats.reshape(len(beats), self.columns, self.rows, -1).swapaxes(1, 2)
        return np.roll(turned, self.first, axis=2)
