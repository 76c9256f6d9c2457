"""What a layer can be folded to in the clocks that a pixel has, for whoever chooses."""

from jetflow.graph import Graph
from jetflow.rtl.distributed import distributed_implementation
from jetflow.rtl.implementation import UNROLLED, Implementation
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.serial import SERIAL_DIGITS, serial_implementation

__all__ = ["clocks_a_pixel", "options"]


def clocks_a_pixel(plan: Plan, layer: Layer) -> int:
    """Clocks between two pixels that leave `layer`, on the average of an image that streams without a pause."""
    return max(1, round(plan.input_order.beats / layer.leaving.beats))


def options(graph: Graph, layer: Layer, clocks: int) -> tuple[Implementation, ...]:
    """Every implementation of `layer` that takes at most `clocks` clocks a pixel, by clocks."""
    serial = [serial_implementation(graph, layer, clocks, digit) for digit in SERIAL_DIGITS]
    found, spare = [UNROLLED, *(choice for choice in serial if choice)], clocks
    while (choice := distributed_implementation(graph, layer, spare)) is not None:
        found.append(choice)
        spare = choice.clocks - 1
    return tuple(sorted(found, key=lambda each: each.clocks))
