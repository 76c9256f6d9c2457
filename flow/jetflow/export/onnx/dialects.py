"""The two ways in which an ONNX model says how it is quantised: QDQ (ONNX itself) and QONNX (arXiv:2206.07527)."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from jetflow.export.onnx.emitter import Emitter
from jetflow.export.onnx.rounding import ends, rounded, settled
from jetflow.graph import FixedPoint, Overflow, Requantise, Rounding

__all__ = ["DIALECTS", "Dialect", "Qdq", "Qonnx"]

QONNX_DOMAIN = "qonnx.custom_op.general"


class Dialect(Protocol):
    """How weights and rounded tensors are written."""

    opsets: ClassVar[Mapping[str, int]]
    batch: ClassVar[int | str]

    def weights(self, emit: Emitter, name: str, kernel: NDArray[np.int64], format: FixedPoint) -> str:
        """The real values of the mantissas `kernel`, of any shape."""

    def requantise(self, emit: Emitter, node: Requantise, x: str, fraction: int) -> str:
        """`x`, of `fraction` fractional bits, rounded and brought into range as `node` says, as the tensor `node`."""


class Qdq:
    """QuantizeLinear and DequantizeLinear, whose scales are powers of two.

    Integers are int8, uint8, int16 or uint16, the smallest that holds the format. A format of fewer bits is clipped
    before it, wider ones and the other overflow modes stay float32. Opset 21 brought the 16-bit types.
    """

    opsets: ClassVar[Mapping[str, int]] = {"": 21}
    batch: ClassVar[int | str] = "batch"

    def weights(self, emit: Emitter, name: str, kernel: NDArray[np.int64], format: FixedPoint) -> str:
        dtype = _container(format)
        if dtype is None:
            return _plain(emit, name, kernel, format)
        integers = emit.constant(f"{name}/int", kernel.astype(dtype))
        return emit.op("DequantizeLinear", [integers, emit.scalar(format.lsb), emit.scalar(0, dtype)], name)

    def requantise(self, emit: Emitter, node: Requantise, x: str, fraction: int) -> str:
        format, dtype = node.format, _container(node.format)
        if dtype is None:
            return rounded(emit, node, x, fraction, node.name)
        if node.overflow in (Overflow.SAT, Overflow.SAT_SYM):
            x = settled(emit, node, x, fraction)
            low, high = ends(format, node.overflow)
            if (low, high) != (np.iinfo(dtype).min, np.iinfo(dtype).max):
                bounds = [emit.scalar(low * format.lsb), emit.scalar(high * format.lsb)]
                x = emit.op("Clip", [x, *bounds], f"{node.name}/clipped")
        else:
            x = rounded(emit, node, x, fraction, f"{node.name}/rounded")
        scale, zero = emit.scalar(format.lsb), emit.scalar(0, dtype)
        integers = emit.op("QuantizeLinear", [x, scale, zero], f"{node.name}/int")
        return emit.op("DequantizeLinear", [integers, scale, zero], node.name)


class Qonnx:
    """Quant and BipolarQuant of the QONNX dialect, for FINN, brevitas and hls4ml: any width, several rounding modes.

    The number of images at a time is fixed, as QONNX's tools need all shapes.
    """

    opsets: ClassVar[Mapping[str, int]] = {"": 13, QONNX_DOMAIN: 1}
    batch: ClassVar[int | str] = 1

    def weights(self, emit: Emitter, name: str, kernel: NDArray[np.int64], format: FixedPoint) -> str:
        if not _quantises(format):
            return _plain(emit, name, kernel, format)
        values = _plain(emit, f"{name}/float", kernel, format)
        if (abs(kernel) == 1).all():
            return emit.op("BipolarQuant", [values, emit.scalar(format.lsb)], name, QONNX_DOMAIN)
        narrow = format.signed and bool(kernel.min() > format.minimum)
        return _quant(emit, name, values, format, narrow, "ROUND")

    def requantise(self, emit: Emitter, node: Requantise, x: str, fraction: int) -> str:
        if not _quantises(node.format):
            return rounded(emit, node, x, fraction, node.name)
        if node.overflow not in (Overflow.SAT, Overflow.SAT_SYM):
            x = rounded(emit, node, x, fraction, f"{node.name}/rounded")
            return _quant(emit, node.name, x, node.format, False, "ROUND")
        mode = _MODES.get(node.rounding)
        if mode is None:
            x, mode = settled(emit, node, x, fraction), "ROUND"
        narrow = node.format.signed and node.overflow is Overflow.SAT_SYM
        return _quant(emit, node.name, x, node.format, narrow, mode)


DIALECTS: dict[str, Dialect] = {"qdq": Qdq(), "qonnx": Qonnx()}

_MODES = {
    Rounding.RND_CONV: "ROUND",
    Rounding.RND_INF: "HALF_UP",  # QONNX's up and down are away from and towards zero
    Rounding.RND_ZERO: "HALF_DOWN",
    Rounding.TRN: "FLOOR",
    Rounding.TRN_ZERO: "DOWN",
}


def _container(format: FixedPoint) -> type[np.integer] | None:  # type: ignore[type-arg]
    """The smallest integer type of QuantizeLinear that holds the format, if there is one."""
    if format.bits > 16:
        return None
    if format.bits > 8:
        return np.int16 if format.signed else np.uint16
    return np.int8 if format.signed else np.uint8


def _quantises(format: FixedPoint) -> bool:
    """Whether Quant has the format: float32 must hold its ends, and one signed bit means -1 and 1 to it."""
    return format.bits <= 24 and not (format.signed and format.bits == 1)


def _plain(emit: Emitter, name: str, kernel: NDArray[np.int64], format: FixedPoint) -> str:
    return emit.constant(name, np.ldexp(kernel.astype(np.float64), -format.fraction).astype(np.float32))


def _quant(emit: Emitter, name: str, x: str, format: FixedPoint, narrow: bool, mode: str) -> str:
    scale, zero, bits = emit.scalar(format.lsb), emit.scalar(0.0), emit.scalar(float(format.bits))
    return emit.op(
        "Quant",
        [x, scale, zero, bits],
        name,
        QONNX_DOMAIN,
        signed=int(format.signed),
        narrow=int(narrow),
        rounding_mode=mode,
    )
