"""Formats of the graph as hls4ml precision strings, and constants as the real values that hls4ml writes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import ChannelConv, Conv2D, FixedPoint, Node, PReLU, Requantise, ScaleBias
from jetflow.hls.plan import Kind, Layer

__all__ = ["NO_BIAS", "TERNARY", "constants", "fixed", "precisions"]

TERNARY = "ap_int<2>"  # selects hls4ml's ternary product, which needs no multiplier and takes -2 for 1
NO_BIAS = "ap_uint<1>"


def fixed(format: FixedPoint, rounding: str = "AP_TRN", overflow: str = "AP_WRAP") -> str:
    """The ap_fixed type of `format`; the default modes never act, because exact values fit."""
    sign = "" if format.signed else "u"
    return f"ap_{sign}fixed<{format.bits},{format.bits - format.fraction},{rounding},{overflow}>"


def integer(format: FixedPoint) -> str:
    """The integer type of the mantissas of `format`."""
    return f"ap_{'' if format.signed else 'u'}int<{format.bits}>"


def precisions(layer: Layer) -> dict[str, str]:
    """Every type of a layer by hls4ml's name for it: what is configured, and what is found again by the check."""
    found = {"result": _tensor(layer.result)}
    node, exact = layer.node, _roundable(layer.node.format, layer)
    match layer.kind:
        case Kind.CONV if isinstance(node, Conv2D):
            plain = not node.ternary or node.weights.fraction != 0 or int(node.kernel.min()) < -1
            found |= {"weight": fixed(node.weights) if plain else TERNARY, "bias": NO_BIAS, "accum": fixed(exact)}
        case Kind.SCALE_BIAS if isinstance(node, ScaleBias):
            found["scale"] = fixed(_covering(node.scale << node.shift, node.scale_fraction))
            found["bias"] = fixed(_roundable(_covering(node.bias, node.format.fraction), layer))
        case Kind.PRELU if isinstance(node, PReLU):
            found |= {"slope": fixed(_covering(node.slope, node.slope_fraction)), "accum": fixed(exact)}
        case Kind.POOL:
            found |= {"sum": fixed(replace(exact, fraction=exact.fraction - 2)), "accum": fixed(exact)}
        case Kind.REQUANTISE:
            found["accum"] = fixed(_roundable(layer.incoming[0], layer))
        case Kind.CHANNEL_CONV if isinstance(node, ChannelConv):
            found |= {"weight": fixed(node.weights), "accum": fixed(exact)}
        case Kind.HARD_SIGMOID:
            quarter = replace(layer.incoming[0], fraction=layer.incoming[0].fraction + 2)
            found |= {"quarter": fixed(quarter), "accum": fixed(exact)}
        case Kind.ADD | Kind.CONCATENATE | Kind.GLOBAL_SUM | Kind.GATE:
            found["accum"] = fixed(exact)
        case Kind.CANDIDATES:
            kinds = zip(("offset", "logit", "regression"), layer.incoming, strict=True)
            found |= {name: integer(format) for name, format in kinds}
    return found


def constants(layer: Layer) -> dict[str, NDArray[np.float64]]:
    """The layer's weights by hls4ml's name for them. Exact: a mantissa below 2**53 times a power of two."""
    node = layer.node
    match layer.kind:
        case Kind.CONV if isinstance(node, Conv2D):
            return {"weight": _real(node.kernel, node.weights.fraction)}
        case Kind.SCALE_BIAS if isinstance(node, ScaleBias):
            scale = _real(node.scale << node.shift, node.scale_fraction)
            return {"scale": scale, "bias": _real(node.bias, node.format.fraction)}
        case Kind.PRELU if isinstance(node, PReLU):
            return {"slope": _real(node.slope, node.slope_fraction)}
        case Kind.CHANNEL_CONV if isinstance(node, ChannelConv):
            return {"weight": _real(node.kernel, node.weights.fraction)}
    return {}


def _tensor(node: Node) -> str:
    """The stream's type; a Requantise's carries the modes, so that assigning to it rounds and saturates."""
    if isinstance(node, Requantise):
        return fixed(node.format, node.rounding, node.overflow)
    return fixed(node.format)


def _roundable(format: FixedPoint, layer: Layer) -> FixedPoint:
    """`format` with at least the bits that the layer's rounding drops: ap_types asserts where all is rounded away."""
    return replace(format, bits=max(format.bits, format.fraction - layer.result.format.fraction))


def _real(mantissas: NDArray[np.int64], fraction: int) -> NDArray[np.float64]:
    return np.ldexp(mantissas.astype(np.float64), -fraction)


def _covering(mantissas: NDArray[np.int64], fraction: int) -> FixedPoint:
    return FixedPoint.covering(int(mantissas.min()), int(mantissas.max()), fraction)
