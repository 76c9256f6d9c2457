"""The one anchor a cell: where it sits, and how a jet's position is written as an offset from it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jetflow.architecture import Stage, architecture
from jetflow.config import ModelConfig

__all__ = ["Anchors", "training_anchors"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Anchors:
    """Anchors of a feature map of `rows` x `columns` cells over the detector's image.

    Rows run in eta from eta[0] to eta[1], columns in phi from phi[0] to phi[1], the edges of the first and last cell.
    """

    rows: int
    columns: int
    eta: tuple[float, float]
    size: float  # side of the square anchor in eta and phi
    variance: float
    phi: tuple[float, float] = (-np.pi, np.pi)

    @classmethod
    def of(cls, config: ModelConfig) -> "Anchors":
        """The anchors of a model's last map."""
        return next(_of(config, stage) for stage in architecture(config).stages if stage.heads)

    @cached_property
    def centres(self) -> Floats:
        """(rows, columns, 2): eta and phi of the cells' centres, float32."""
        eta, phi = (
            low + (np.arange(cells) + 0.5) / cells * (high - low)
            for cells, (low, high) in ((self.rows, self.eta), (self.columns, self.phi))
        )
        centres: Floats = np.stack(np.meshgrid(eta, phi, indexing="ij"), axis=-1).astype(np.float32)
        return centres

    def decode(self, offsets: Floats) -> Floats:
        """Offsets (..., rows, columns, 2) in units of variance * size -> eta and phi, phi in [-pi, pi)."""
        position: Floats = self.centres + offsets * np.float32(self.variance * self.size)
        position[..., 1] = (position[..., 1] + np.pi) % (2 * np.pi) - np.pi
        return position


def training_anchors(config: ModelConfig) -> list[Anchors]:
    """The anchors of every map that has heads in full-precision training, the inference map first."""
    return [_of(config, stage) for stage in architecture(config, training=True).stages if stage.heads]


def _of(config: ModelConfig, stage: Stage) -> Anchors:
    """Where the cells of a stage's map lie: `pitch` cells of the input a side, and a padded map begins before it.

    With detection.anchors `image` it begins at the image's edge, as in the papers' code, whose anchors after three
    padded poolings are seven crystals off what their cells see; that code also spaces the training-only map's by 17.
    """
    entry, d = config.input, config.detection
    pitch = 2 ** (stage.number - 1)
    before = (pitch - 1) * config.network.pool_padding if d.anchors == "map" else 0
    edges = (
        ((pitch * cells - before - size / 2) * step, (-before - size / 2) * step)
        for cells, size, step in (
            (stage.rows, entry.rows, entry.cell_eta),
            (stage.columns, entry.columns, 2 * np.pi / entry.columns),
        )
    )
    (eta_high, eta_low), (phi_high, phi_low) = edges
    return Anchors(stage.rows, stage.columns, (eta_low, eta_high), d.anchor, d.variance, (phi_low, phi_high))
