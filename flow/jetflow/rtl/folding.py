"""What a layer can be folded to in the clocks that a pixel has, for whoever chooses."""

from jetflow.errors import InputError
from jetflow.graph import Graph
from jetflow.rtl.distributed import distributed_implementation
from jetflow.rtl.implementation import UNROLLED, Choices, Implementation
from jetflow.rtl.multiplied import multiplied_implementations
from jetflow.rtl.plan import Layer, Plan, make_plan
from jetflow.rtl.serial import SERIAL_DIGITS, serial_implementation

__all__ = ["check_choices", "clocks_a_pixel", "options"]


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
    found += multiplied_implementations(graph, layer, clocks)
    return tuple(sorted(found, key=lambda each: each.clocks))


def check_choices(graph: Graph, choices: Choices, pixels_per_clock: int = 1) -> None:
    """Raises InputError for a choice that its layer cannot be built to, and for a layer that is not there."""
    for layer in make_plan(graph, choices, pixels_per_clock).layers:
        possible = options(graph, layer, layer.implementation.clocks)
        if layer.implementation not in possible:
            ways = ", ".join(f"{way.style} {way.clocks} {way.digit}" for way in possible)
            wanted = f"{layer.implementation.style} {layer.implementation.clocks} {layer.implementation.digit}"
            raise InputError(
                f"{layer.name}: cannot be {wanted} (style, clocks, digit); in so many clocks it can be: {ways}"
            )
