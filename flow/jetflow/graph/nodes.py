"""The node types of the integer graph. Every tensor is (rows = eta, columns = phi, channels), int64 mantissas."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.fixed_point import FixedPoint, Overflow, Rounding

__all__ = [
    "BOX_FIELDS",
    "Add",
    "AveragePool",
    "ChannelConv",
    "Concatenate",
    "Conv2D",
    "Detect",
    "Gate",
    "GlobalSum",
    "HardSigmoid",
    "Input",
    "Node",
    "Output",
    "PReLU",
    "PhiPadding",
    "Requantise",
    "ScaleBias",
    "Shape",
]

BOX_FIELDS = ("class", "row", "column", "score")  # the first channels of Detect's result

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
    sources: ClassVar[tuple[int, int]] = (1, 1)  # fewest and most inputs

    name: str
    inputs: tuple[str, ...]
    shape: Shape
    format: FixedPoint


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The image: counts of transverse energy."""

    sources: ClassVar[tuple[int, int]] = (0, 0)


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

    @property
    def macs(self) -> int:
        """Multiply-accumulates an image, padded cells included."""
        return self.shape[0] * self.shape[1] * self.kernel.size


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
class Add(Node):
    """Sum of two tensors of one shape, on the finer of their grids.

    y = (a << (f - f_a)) + (b << (f - f_b)); output fraction f = max(f_a, f_b).
    """

    sources: ClassVar[tuple[int, int]] = (2, 2)


@dataclass(frozen=True, eq=False)
class Concatenate(Node):
    """The channels of two or more tensors with the same rows and columns, one after the other, on the finest grid."""

    sources: ClassVar[tuple[int, int]] = (2, 64)


@dataclass(frozen=True, eq=False)
class GlobalSum(Node):
    """Sum over all `cells` = rows x columns of the input, a channel: shape (1, 1, channels), the input's fraction.

    It stands for the global average: 1 / cells goes into the ChannelConv behind it.
    """

    cells: int


@dataclass(frozen=True, eq=False)
class ChannelConv(Node):
    """Convolution along the channels of a (1, 1, channels) tensor (ECA, arXiv:1910.03151), one kernel for all.

    y[c] = sum over k of kernel[k] * x[c + k - size // 2], zero beyond the first and last channel; accumulated exactly,
    output fraction = input fraction + weight fraction. `kernel`: int64 (size,), size odd. `weights`: their format.
    """

    arrays: ClassVar[tuple[str, ...]] = ("kernel",)

    kernel: Integers
    weights: FixedPoint


@dataclass(frozen=True, eq=False)
class HardSigmoid(Node):
    """clip(x / 4 + 1/2, 0, 1): y = clip(x + 2**(f + 1), 0, 2**(f + 2)); f >= -1 is x's fraction, f + 2 the output's."""


@dataclass(frozen=True, eq=False)
class Gate(Node):
    """Product of the map `inputs[0]` and one factor a channel, `inputs[1]` of shape (1, 1, channels).

    Output fraction = sum of both fractions.
    """

    sources: ClassVar[tuple[int, int]] = (2, 2)


@dataclass(frozen=True, eq=False)
class Detect(Node):
    """The `top` best boxes of the heads `inputs` = (offsets, class logits, regression), all on one map.

    A cell's class is the one of its largest logit but background's (channel 0), on ties the lower; its score is that
    logit minus background's. A cell is kept where its score > `threshold` (a mantissa on the logits' grid) and no
    cell of its 3 x 3 neighbourhood beats it: phi wraps, eta ends; the higher score wins, on ties the lower row, then
    the lower column. The result has shape (top, 1, 4 + offsets + regressions): boxes by falling score, ties as above;
    channels are BOX_FIELDS, then the cell's offsets and regression. Each channel is a mantissa on its own source's
    grid, so the node's fraction is 0 and means nothing. A slot without a box is all zero: class 0 is background.
    `map`: (rows, columns) of the heads. Only an Output may read a Detect.
    """

    sources: ClassVar[tuple[int, int]] = (3, 3)

    threshold: int
    top: int
    map: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Requantise(Node):
    """The input brought to `format`, by `rounding` and then `overflow`."""

    rounding: Rounding
    overflow: Overflow


@dataclass(frozen=True, eq=False)
class Output(Node):
    """A head's result under the name that every back end uses for it."""
