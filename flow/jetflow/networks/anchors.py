"""The one anchor a cell: where it sits, and how a jet's position is written as an offset from it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jetflow.config import ModelConfig

__all__ = ["TOWER", "Anchors"]

Floats = NDArray[np.float32]
TOWER = (0.087, 2 * np.pi / 72)  # a trigger tower in eta and phi


@dataclass(frozen=True)
class Anchors:
    """Anchors of a feature map of `rows` x `columns` cells over the detector's image.

    Rows run in eta from -eta_max to eta_max, columns in phi from -pi to pi.
    """

    rows: int
    columns: int
    eta_max: float
    size: float  # side of the square anchor in eta and phi
    variance: float

    @classmethod
    def of(cls, config: ModelConfig) -> "Anchors":
        """The anchors of a model's last map."""
        k = 2 ** (len(config.network.stages) - 1)
        rows, columns = config.input.rows // k, config.input.columns // k
        d = config.detection
        return cls(rows, columns, config.input.rows * TOWER[0] / 2, d.anchor, d.variance)

    @cached_property
    def centres(self) -> Floats:
        """(rows, columns, 2): eta and phi of the cells' centres, float32."""
        eta = ((np.arange(self.rows) + 0.5) / self.rows * 2 - 1) * self.eta_max
        phi = ((np.arange(self.columns) + 0.5) / self.columns * 2 - 1) * np.pi
        centres: Floats = np.stack(np.meshgrid(eta, phi, indexing="ij"), axis=-1).astype(np.float32)
        return centres

    def decode(self, offsets: Floats) -> Floats:
        """Offsets (..., rows, columns, 2) in units of variance * size -> eta and phi, phi in [-pi, pi)."""
        position: Floats = self.centres + offsets * np.float32(self.variance * self.size)
        position[..., 1] = (position[..., 1] + np.pi) % (2 * np.pi) - np.pi
        return position
