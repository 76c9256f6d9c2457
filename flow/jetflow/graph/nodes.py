"""The node types of the integer graph. Every tensor is (rows = eta, columns = phi, channels), int64 mantissas."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.fixed_point import FixedPoint, Overflow, Rounding

__all__ = [
    "AveragePool",
    "Conv2D",
    "Input",
    "Node",
    "Output",
    "PReLU",
    "PhiPadding",
    "Requantise",
    "ScaleBias",
    "Shape",
]

Integers = NDArray[np.int64]
Shape = tuple[int, int, int]


class PhiPadding(StrEnum):
    """What a convolution sees beyond the first and the last column."""

    ZERO = "zero"
    CIRCULAR = "circular"  # the detector is a cylinder: column -1 is the last column


@dataclass(frozen=True, eq=False)
class Node:
    """One operation. `shape` and `format` are those of its output tensor; `inputs` are names of earlier nodes."""

    arrays: ClassVar[tuple[str, ...]] = ()  # the fields that hold weights, stored outside graph.json

    name: str
    inputs: tuple[str, ...]
    shape: Shape
    format: FixedPoint


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The image: counts of transverse energy."""


@dataclass(frozen=True, eq=False)
class Conv2D(Node):
    """Convolution, accumulated exactly; output fraction = input fraction + weight fraction.

    `kernel`: int64 (kernel rows, kernel columns, channels in, channels out); depthwise: (.., .., channels, 1).
    `weights`: the format of the weights, ternary is fixed<2,2> with the values -1, 0, 1.
    `padding`: rows or columns added (before eta, after eta, before phi, after phi), zero in eta, `phi` in phi.
    """

    arrays: ClassVar[tuple[str, ...]] = ("kernel",)

    kernel: Integers
    weights: FixedPoint
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    phi: PhiPadding
    depthwise: bool

    @property
    def ternary(self) -> bool:
        """Whether the products need no multiplier."""
        return self.weights.bits == 2 and self.weights.signed


@dataclass(frozen=True, eq=False)
class ScaleBias(Node):
    """Per channel c: y = ((x * scale[c]) << shift[c]) + bias[c]; output fraction = input fraction + scale_fraction.

    `scale`: int64 (channels,), at most 6 bits signed. `shift`: int64 (channels,), >= 0. `bias`: int64 (channels,)
    on the output's grid. The factor's value is scale * 2**(shift - scale_fraction).
    """

    arrays: ClassVar[tuple[str, ...]] = ("scale", "shift", "bias")

    scale: Integers
    shift: Integers
    bias: Integers
    scale_fraction: int


@dataclass(frozen=True, eq=False)
class PReLU(Node):
    """y = x << slope_fraction where x > 0, else x * slope[c]; output fraction = input fraction + slope_fraction."""

    arrays: ClassVar[tuple[str, ...]] = ("slope",)

    slope: Integers
    slope_fraction: int


@dataclass(frozen=True, eq=False)
class AveragePool(Node):
    """Average of 2 x 2 cells, stride 2, as a sum with two more fractional bits; padded cells count as zeros.

    `padding`: 0, or 1 on every side (then as PyTorch's AvgPool2d(2, 2, padding=1)). A last odd row or column that
    fills no window is dropped.
    """

    padding: int


@dataclass(frozen=True, eq=False)
class Requantise(Node):
    """The input brought to `format`, by `rounding` and then `overflow`."""

    rounding: Rounding
    overflow: Overflow


@dataclass(frozen=True, eq=False)
class Output(Node):
    """A head's result under the name that every back end uses for it."""
