"""Where several streams meet: the order in which their pixels are taken, and what waits for it.

A branch that goes around the cylinder in a convolution brings its columns in another order than one that does not: each
such convolution moves the first column on by one. The streams meet in the order of the one that is latest, and a stream
that begins with earlier columns has these kept and taken last (hw/rtl/stream_rotate.sv).
"""

from collections.abc import Sequence

from jetflow.errors import InputError
from jetflow.rtl.order import StreamOrder

__all__ = ["meeting"]


def meeting(name: str, orders: Sequence[StreamOrder], lateness: Sequence[float]) -> StreamOrder:
    """The order in which node `name` takes streams of these `orders`: that of the latest.

    Raises InputError where they do not bring as many pixels a clock.
    """
    lanes = sorted({order.lanes for order in orders})
    if len(lanes) > 1:
        raise InputError(
            f"{name}: its inputs bring {' and '.join(map(str, lanes))} pixels a clock, the open RTL joins streams that "
            "bring as many: choose fewer --pixels-per-clock"
        )
    return max(zip(lateness, orders, strict=True), key=lambda pair: pair[0])[1]
