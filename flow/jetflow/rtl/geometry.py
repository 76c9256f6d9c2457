"""How a window of pixels moves over a stream: the parameters of hw/rtl/line_window.sv."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import InputError
from jetflow.graph import Conv2D, Detect, PhiPadding
from jetflow.rtl.order import StreamOrder

__all__ = ["Window", "peak_window", "window"]


@dataclass(frozen=True, eq=False)
class Window:
    """Sizes as in line_window.sv; `kernel` (rows, columns, channels in, channels out) has the window's size."""

    kernel: NDArray[np.int64]
    top: int
    left: int
    out_rows: int  # before the stride
    out_columns: int
    stride: tuple[int, int]
    wrap: bool
    zero_phi: bool
    arriving: StreamOrder
    leaving: StreamOrder

    @property
    def parameters(self) -> dict[str, int]:
        """What line_window.sv and digit_window.sv both ask for, by their names."""
        return {
            "ROWS": self.arriving.rows,
            "COLUMNS": self.arriving.columns,
            "KERNEL_ROWS": self.kernel.shape[0],
            "KERNEL_COLUMNS": self.kernel.shape[1],
            "TOP": self.top,
            "LEFT": self.left,
            "OUT_ROWS": self.out_rows,
            "OUT_COLUMNS": self.out_columns,
            "ROW_STEP": self.stride[0],
            "COLUMN_STEP": self.stride[1],
            "WRAP": int(self.wrap),
            "ZERO_PHI": int(self.zero_phi),
            "FIRST": self.arriving.first,
        }

    @property
    def skipped(self) -> int:
        """Columns that come before the first window leaves (SKIPPED in line_window.sv)."""
        return int(self.kernel.shape[1]) - 1 - (0 if self.wrap else self.left)

    @property
    def lag(self) -> int:
        """Groups of rows that come behind the last one of a window (LAG in line_window.sv)."""
        return (self.patch_rows - 1 - self.top) // self.arriving.lanes

    @property
    def steps(self) -> int:
        """Groups of rows that come in a column, those beyond the image too (STEPS in line_window.sv)."""
        return max(self.arriving.groups, -(-self.out_rows // self.arriving.lanes), self.lag + 2)

    @property
    def lanes(self) -> int:
        """Windows that leave side by side."""
        return max(1, self.arriving.lanes // self.stride[0])

    @property
    def lane_step(self) -> int:
        """Rows of the patch from the window of one lane to that of the next."""
        return self.stride[0] if self.lanes > 1 else 1

    @property
    def trivial(self) -> bool:
        """Whether each window is the pixel that arrives."""
        return self.kernel.shape[:2] == (1, 1) and self.stride == (1, 1) and self.arriving == self.leaving

    @property
    def patch_rows(self) -> int:
        """Rows that the windows of all lanes share."""
        return int(self.kernel.shape[0]) + (self.lanes - 1) * self.lane_step

    def row_bits(self, pixel_bits: int) -> int:
        """Bits of a row of the patch that line_window.sv gathers, of pixels of `pixel_bits` bits."""
        return int(self.kernel.shape[1]) * pixel_bits


def window(node: Conv2D, arriving: StreamOrder) -> Window:
    """The window of `node` on a map that streams in the order `arriving`.

    Raises InputError where the columns go around the cylinder, or start in the middle, and do not stay as many,
    and for a stride over rows that neither divides the lanes nor is a multiple of them.
    """
    top, bottom, left, right = node.padding
    kernel = node.kernel
    # The window ends at or behind the pixel that arrives: a kernel with less rows than padding gets rows of zeros.
    more_rows, more_columns = max(0, top + 1 - kernel.shape[0]), max(0, left + 1 - kernel.shape[1])
    wrap = (node.phi is PhiPadding.CIRCULAR and left + right > 0) or arriving.first > 0
    if wrap and (left + right != kernel.shape[1] - 1 or arriving.columns < kernel.shape[1]):
        raise InputError(
            f"{node.name}: {left} + {right} columns of padding for a kernel of {kernel.shape[1]} columns on a map of "
            f"{arriving.columns}: the open RTL goes around phi only where the columns stay as many"
        )
    lanes = arriving.lanes
    if lanes % node.stride[0] and node.stride[0] % lanes:
        raise InputError(
            f"{node.name}: a stride of {node.stride[0]} rows does not go with {lanes} rows side by side: choose fewer "
            "--pixels-per-clock"
        )
    kernel = np.pad(kernel, ((0, more_rows), (0, more_columns), (0, 0), (0, 0)))
    tall, wide = kernel.shape[:2]
    out_rows = arriving.rows + top + bottom + more_rows - tall + 1
    out_columns = arriving.columns + left + right + more_columns - wide + 1
    rows, columns = node.shape[:2]
    start = -(-((arriving.first + left) % arriving.columns if wrap else 0) // node.stride[1]) % columns
    return Window(
        kernel,
        top,
        left,
        out_rows,
        out_columns,
        node.stride,
        wrap,
        node.phi is PhiPadding.ZERO,
        arriving,
        StreamOrder(rows, columns, start, max(1, lanes // (node.stride[0] * node.stride[1]))),
    )


def peak_window(node: Detect, arriving: StreamOrder) -> Window:
    """The 3 x 3 neighbourhood in which a cell of the heads' map has to be the best: around the cylinder, whatever the
    convolutions do.

    Raises InputError where several pixels arrive in a clock, and for maps of less than three columns.
    """
    rows, columns = node.map
    if arriving.lanes > 1:
        raise InputError(
            f"{node.name}: the open RTL finds boxes in maps of one pixel a clock, {arriving.lanes} arrive: choose "
            "fewer --pixels-per-clock"
        )
    if columns < 3:
        raise InputError(
            f"{node.name}: the open RTL finds boxes in maps of at least 3 columns, these have {columns}: "
            "leave out detection.firmware, so that the firmware emits maps"
        )
    kernel = np.zeros((3, 3, 1, 1), np.int64)
    return Window(kernel, 1, 1, rows, columns, (1, 1), True, False, arriving, StreamOrder(node.top, 1))
