"""A Requantise in plain float32 operations, exact by the 24-bit rule: all that ONNX's quantisers cannot do themselves.

QuantizeLinear (and QONNX's mode ROUND) rounds half to even. The other modes that round to nearest differ from that in
ties alone; moved by half a unit of its own, finer grid, a value is never a tie, and every other value rounds as before.
The moved value has one bit more than the 24 signed bits of the rule: float32 holds it, but for -2**23 moved down. That
one is a tie only where 24 bits are dropped, as -1/2. There values move by a whole unit: then -2**23 + 1 may become the
tie, which half to even takes to 0, where it belongs.
"""

from jetflow.export.onnx.emitter import Emitter
from jetflow.graph import EXACT_BITS, FixedPoint, Overflow, Requantise, Rounding

__all__ = ["ends", "rounded", "settled"]


def settled(emit: Emitter, node: Requantise, x: str, fraction: int) -> str:
    """`x` (`fraction` fractional bits) changed so that rounding it half to even is rounding as `node` says."""
    if node.format.fraction >= fraction:
        return x  # nothing is dropped
    name, dropped = f"{node.name}/settled", fraction - node.format.fraction
    step = 2.0**-fraction if dropped == EXACT_BITS else 2.0 ** -(fraction + 1)
    match node.rounding:
        case Rounding.RND:
            return emit.op("Add", [x, emit.scalar(step)], name)
        case Rounding.RND_MIN_INF:
            return emit.op("Sub", [x, emit.scalar(step)], name)
        case Rounding.RND_INF | Rounding.RND_ZERO:
            sign = emit.op("Sign", [x], f"{node.name}/sign")
            away = emit.op("Mul", [sign, emit.scalar(step)], f"{node.name}/away")
            return emit.op("Add" if node.rounding is Rounding.RND_INF else "Sub", [x, away], name)
        case Rounding.TRN:
            return _floor(emit, node, x, name)
        case Rounding.TRN_ZERO:
            size = emit.op("Abs", [x], f"{node.name}/size")
            sign = emit.op("Sign", [x], f"{node.name}/sign")
            return emit.op("Mul", [_floor(emit, node, size, f"{node.name}/floor"), sign], name)
        case Rounding.RND_CONV:
            return x


def rounded(emit: Emitter, node: Requantise, x: str, fraction: int, name: str) -> str:
    """`x` rounded and brought into range as `node` says, as the tensor `name`: for any format and overflow mode."""
    format = node.format
    low, high = ends(format, node.overflow)
    scaled = emit.op(
        "Mul", [settled(emit, node, x, fraction), emit.scalar(2.0**format.fraction)], f"{node.name}/scaled"
    )
    whole = emit.op("Round", [scaled], f"{node.name}/whole")
    if node.overflow is Overflow.WRAP:
        inside = _wrapped(emit, node, whole)
    else:
        inside = emit.op("Clip", [whole, emit.scalar(low), emit.scalar(high)], f"{node.name}/clipped")
        if node.overflow is Overflow.SAT_ZERO:
            fits = emit.op("Equal", [inside, whole], f"{node.name}/fits")
            inside = emit.op("Where", [fits, whole, emit.scalar(0.0)], f"{node.name}/zeroed")
    return emit.op("Mul", [inside, emit.scalar(format.lsb)], name)


def ends(format: FixedPoint, overflow: Overflow) -> tuple[float, float]:
    """The least and the largest mantissa that `overflow` leaves, no further out than the 24-bit rule lets any be."""
    low = -format.maximum if overflow is Overflow.SAT_SYM and format.signed else format.minimum
    return float(max(low, -(1 << EXACT_BITS))), float(min(format.maximum, 1 << EXACT_BITS))


def _floor(emit: Emitter, node: Requantise, x: str, name: str) -> str:
    scaled = emit.op("Mul", [x, emit.scalar(2.0**node.format.fraction)], f"{name}_scaled")
    floor = emit.op("Floor", [scaled], f"{name}_whole")
    return emit.op("Mul", [floor, emit.scalar(node.format.lsb)], name)


def _wrapped(emit: Emitter, node: Requantise, whole: str) -> str:
    """Whole numbers modulo 2**bits, in the format's range. The remainder is exact and has the sign of its dividend."""
    modulus, (low, high) = emit.scalar(2.0**node.format.bits), ends(node.format, node.overflow)
    rest = emit.op("Mod", [whole, modulus], f"{node.name}/rest", fmod=1)
    above = emit.op("Greater", [rest, emit.scalar(high)], f"{node.name}/above")
    lowered = emit.op("Sub", [rest, modulus], f"{node.name}/lowered")
    rest = emit.op("Where", [above, lowered, rest], f"{node.name}/not_above")
    below = emit.op("Less", [rest, emit.scalar(low)], f"{node.name}/below")
    raised = emit.op("Add", [rest, modulus], f"{node.name}/raised")
    return emit.op("Where", [below, raised, rest], f"{node.name}/wrapped")
