"""What a bit-for-bit comparison of one node, and of a whole simulation, found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Difference", "NodeResult", "SimulationResult", "compare", "merge"]

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Difference:
    """One word that differs; `expected` is the reference's mantissa, `found` the other's."""

    node: str
    event: int
    row: int
    column: int
    channel: int
    expected: int
    found: int


@dataclass(frozen=True)
class NodeResult:
    """Words of a node that were compared, how many differ, and the first of them by event, row, column, channel."""

    node: str
    words: int
    differing: int
    first: Difference | None


@dataclass(frozen=True)
class SimulationResult:
    """Results by node, in graph order, of `events` events."""

    events: int
    nodes: tuple[NodeResult, ...]

    @property
    def differing(self) -> int:
        """Words that differ, over all nodes."""
        return sum(node.differing for node in self.nodes)

    @property
    def first(self) -> Difference | None:
        """The first difference of the first node, in graph order, that has one."""
        return next((node.first for node in self.nodes if node.first is not None), None)


def compare(node: str, expected: Integers, found: Integers, first_event: int = 0) -> NodeResult:
    """Compare integers (events, rows, columns, channels) of one shape; the first event has number `first_event`.

    Raises ValueError where the shapes differ.
    """
    if expected.shape != found.shape:
        raise ValueError(f"{node}: {found.shape} words cannot be compared with {expected.shape}")
    wrong = expected != found
    differing = int(np.count_nonzero(wrong))
    if not differing:
        return NodeResult(node, expected.size, 0, None)
    event, row, column, channel = place = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    first = Difference(node, first_event + event, row, column, channel, int(expected[place]), int(found[place]))
    return NodeResult(node, expected.size, differing, first)


def merge(results: Sequence[NodeResult]) -> NodeResult:
    """One node's results of several parts of the events, which are in the order of their events."""
    first = next((result.first for result in results if result.first is not None), None)
    return NodeResult(results[0].node, sum(r.words for r in results), sum(r.differing for r in results), first)
