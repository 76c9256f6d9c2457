"""Cells of a block before it is mapped: the cost of its operations, and of the memories and windows that gather pixels.

Sums follow alkaid's cost: a LUT a bit of the result that both operands reach. Yosys maps a datapath to fewer, because
two operations of one pipeline stage share LUTs: SHARED is what it leaves (three layers of jetssd-tower-small).
"""

from dataclasses import dataclass
from math import ceil

from jetflow.graph import AveragePool, Node
from jetflow.rtl.datapath import Datapath
from jetflow.rtl.geometry import Window
from jetflow.rtl.operations import Clip, Offset, Operation, Product, Round, Select, Sum
from jetflow.rtl.plan import Layer
from jetflow.rtl.schedule import Schedule

__all__ = ["Area", "datapath_area", "front_area", "memory_area", "register_area"]

SHARED = 0.91


@dataclass(frozen=True)
class Area:
    """Cells, estimated; `lut` includes those used as memory."""

    lut: int = 0
    ff: int = 0
    bram18: int = 0
    dsp: int = 0

    def __add__(self, other: "Area") -> "Area":
        return Area(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def within(self, limit: "Area") -> bool:
        """Whether there are no more cells of any kind than in `limit`."""
        return all(a <= b for a, b in zip(vars(self).values(), vars(limit).values(), strict=True))

    def times(self, count: int) -> "Area":
        """`count` of them."""
        return Area(*(count * value for value in vars(self).values()))


def datapath_area(datapath: Datapath, plan: Schedule) -> Area:
    """One copy of a datapath with its pipeline registers."""
    luts = sum(_luts(operation) for operation in datapath.operations)
    stages = range(plan.stages)
    kept = sum(op.width for i, op in enumerate(datapath.operations) for s in stages if plan.kept(i, s))
    multipliers = sum(isinstance(operation, Product) for operation in datapath.operations)
    return Area(round(SHARED * luts), kept + datapath.out_bits + plan.stages, dsp=multipliers)


def register_area(bits: int) -> Area:
    """hw/rtl/skid_buffer.sv for words of `bits` bits: two registers and what chooses between them."""
    return Area(bits, 2 * bits + 2)


def front_area(layer: Layer, source: Node) -> Area:
    """What gathers the pixels of `layer` from the stream of `source`, and what splits the lanes that leave."""
    pixel = source.format.bits * source.shape[2]
    found = Area()
    if isinstance(layer.front, AveragePool):
        found = _pool(layer, source)
    elif layer.window is not None and not layer.window.trivial:
        found = _window(layer.window, pixel)
    if layer.splits:
        bits = layer.lanes * layer.result.format.bits * layer.result.shape[2]
        found += memory_area(-(-layer.leaving.rows // layer.lanes), bits) + Area(bits)
    return found


def memory_area(depth: int, bits: int) -> Area:
    """A memory with one port to write and one to read: 32 x 14 or 64 x 7 bits in eight LUTs, or 512 x 72 in a block."""
    if depth <= 32:
        return Area(8 * ceil(bits / 14))
    if depth <= 64:
        return Area(8 * ceil(bits / 7))
    if bits * depth < 2048:  # a block would be nearly empty
        return Area(8 * ceil(bits / 14) * ceil(depth / 32))
    return Area(bram18=ceil(bits / 36) * ceil(depth / 512))


def _distributed_area(depth: int, bits: int) -> Area:
    """A memory that has to be of LUTs, and what chooses between several in a row (up to four in a LUT)."""
    narrow, wide = ceil(bits / 7) * ceil(depth / 64), ceil(bits / 14) * ceil(depth / 32)
    banks = ceil(depth / 64) if narrow <= wide else ceil(depth / 32)
    return Area(8 * min(narrow, wide) + bits * ceil((banks - 1) / 3))


def _window(spot: Window, pixel: int) -> Area:
    """line_window.sv: memories of a column, the rows before, the patch, the columns that are played again."""
    wide, word = spot.kernel.shape[1], pixel * spot.arriving.lanes
    area = memory_area(spot.arriving.groups, word).times(wide - 1)
    if spot.wrap and wide > 1:
        area += memory_area((wide - 1) * spot.arriving.groups, word)
    held = (spot.patch_rows - 1) * pixel * wide  # rows that wait for the newest
    return area + Area(0, spot.patch_rows * wide * pixel + held)


def _pool(layer: Layer, source: Node) -> Area:
    """average_pool.sv: sums of pairs of rows, of pairs of columns, and memories of the columns that wait."""
    assert isinstance(layer.front, AveragePool)
    bits, first = layer.lanes * (source.format.bits + 2) * source.shape[2], layer.arriving.first
    orphan = first > 0 and (first + layer.front.padding) % 2
    return _distributed_area(-(-layer.leaving.rows // layer.lanes), bits).times(1 + orphan) + Area(2 * bits, 3 * bits)


def _luts(operation: Operation) -> int:
    """LUTs of one operation: a bit of a carry chain or of a multiplexer each; wiring is none."""
    match operation:
        case Sum():
            return operation.width - max(operation.shifts)
        case Offset():
            zeros = (operation.constant & -operation.constant).bit_length() - 1 if operation.constant else 0
            return operation.width - (0 if operation.minus else zeros)
        case Round() | Clip() | Select():
            return operation.width
    return 0
