"""Nodes in floating point, and the proof from the worst-case intervals that what they give is the exact integer.

A float type holds every integer up to its significand (2**24, 2**53), so arithmetic whose values all stay below it is
exact in any order. Scaling by a power of two is always exact.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.graph.fixed_point import Overflow, Rounding
from jetflow.graph.graph import Graph
from jetflow.graph.nodes import AveragePool, Conv2D, Node, PReLU, Requantise, ScaleBias

__all__ = ["Float", "Floats", "exact", "in_place", "widest"]

Floats = NDArray[np.floating[Any]]
Float = type[np.float32] | type[np.float64]
InPlace = Callable[[Floats], object]


def exact(graph: Graph, node: Node, kind: Float) -> bool:
    """Whether `kind` computes `node` exactly: no integer on the way exceeds its significand.

    Zero is in each input's worst case, so that of a convolution or of a pool holds its partial sums too.
    """
    if not isinstance(node, Conv2D | AveragePool | PReLU | Requantise | ScaleBias):
        return False
    largest = max(widest(graph, node.name), widest(graph, node.inputs[0]))
    if isinstance(node, ScaleBias):
        largest += int(abs(node.bias).max())  # the product before its bias
    elif isinstance(node, Conv2D):
        largest = max(largest, int(abs(node.kernel).max()))
    elif isinstance(node, Requantise):
        drop = graph.parent(node).format.fraction - node.format.fraction
        if node.overflow is Overflow.WRAP or abs(drop) > np.finfo(kind).nmant:
            return False
        largest += 1 << max(drop - 1, 0)  # half a unit, on the input's grid
    return largest <= 1 << (np.finfo(kind).nmant + 1)


def widest(graph: Graph, name: str) -> int:
    """The largest size of a mantissa of the tensor `name` in the worst case."""
    bounds = graph.intervals[name]
    return int(max(abs(bounds.low).max(), abs(bounds.high).max()))


def in_place(graph: Graph, node: Node, kind: Float) -> InPlace:
    """A node that works word by word, as a function that changes mantissas (..., channels) of type `kind`."""
    match node:
        case ScaleBias():
            return _scale_bias((node.scale << node.shift).astype(kind), node.bias.astype(kind))
        case PReLU():
            return _prelu(node.slope.astype(kind), kind(1 << node.slope_fraction))
        case Requantise():
            return _requantise(node, kind(2.0 ** (node.format.fraction - graph.parent(node).format.fraction)), kind)
    raise TypeError(f"{node.name}: {type(node).__name__} does not work word by word")


def _scale_bias(scale: Floats, bias: Floats) -> InPlace:
    def run(x: Floats) -> None:
        x *= scale
        x += bias

    return run


def _prelu(slope: Floats, one: np.floating[Any]) -> InPlace:
    def run(x: Floats) -> None:
        negative = np.minimum(x, 0)
        np.maximum(x, 0, out=x)
        x *= one
        if slope.any():
            negative *= slope
            x += negative

    return run


def _requantise(node: Requantise, unit: np.floating[Any], kind: Float) -> InPlace:
    """`unit`: the size of one input mantissa on the result's grid."""
    low, high, half = kind(node.format.minimum), kind(node.format.maximum), kind(0.5)
    if node.overflow is Overflow.SAT_SYM and node.format.signed:
        low = -high

    def run(x: Floats) -> None:
        x *= unit
        if unit < 1:
            _round(x, node.rounding, half)
        if node.overflow is Overflow.SAT_ZERO:
            x[(x < low) | (x > high)] = 0
        else:
            np.clip(x, low, high, out=x)

    return run


def _round(x: Floats, mode: Rounding, half: np.floating[Any]) -> None:
    match mode:
        case Rounding.RND:
            x += half
            np.floor(x, out=x)
        case Rounding.RND_MIN_INF:
            x -= half
            np.ceil(x, out=x)
        case Rounding.RND_CONV:
            np.rint(x, out=x)
        case Rounding.TRN:
            np.floor(x, out=x)
        case Rounding.TRN_ZERO:
            np.trunc(x, out=x)
        case Rounding.RND_INF:
            x += np.copysign(half, x)
            np.trunc(x, out=x)
        case Rounding.RND_ZERO:
            sign = np.sign(x)
            np.abs(x, out=x)
            x -= half
            np.ceil(x, out=x)
            x *= sign
