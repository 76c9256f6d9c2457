"""Ternary matrices as graphs of serial adders: sums shared between outputs, and trees of what is left.

A serial adder takes a digit of 2 to 4 operands a clock, the lowest first, and keeps the carry: of one bit, in two LUTs
for 2 operands, in three for 3 or 4. Of digits of any width a sum of four costs less than three sums of two, and shared
sums of two grow to sums of three and four: so every sum that stands in two outputs is worth an adder of its own.
"""

import hashlib
import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import write_text
from jetflow.errors import ToolError

__all__ = ["SerialGraph", "SerialNode", "serial_graph", "solve"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]
Operands = list[tuple[int, bool]]  # (number of a value, whether it is subtracted)
OPERANDS = 4  # with two bits of carry, what a LUT of six inputs holds
LEAST_USES = 2  # of a shared sum
VERSION = 2  # of the search, for what is cached


@dataclass(frozen=True)
class SerialNode:
    """The sum of 1 to 4 values, each (its number, whether it is subtracted); of four, at least one is added."""

    operands: tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class SerialGraph:
    """Values: the inputs, then one a node. Outputs: numbers of values, or -1 for zero."""

    inputs: int
    nodes: tuple[SerialNode, ...]
    outputs: tuple[int, ...]

    def matrix(self) -> Integers:
        """The matrix (inputs, outputs) that the graph multiplies by, int64."""
        rows = list(np.eye(self.inputs, dtype=np.int64))
        for node in self.nodes:
            rows.append(np.sum([-rows[i] if minus else rows[i] for i, minus in node.operands], axis=0))
        zero = np.zeros(self.inputs, np.int64)
        return np.stack([zero if i < 0 else rows[i] for i in self.outputs], axis=-1)

    def levels(self) -> tuple[int, ...]:
        """By value: adders behind one another to it; 0 for an input."""
        levels = [0] * self.inputs
        for node in self.nodes:
            levels.append(1 + max(levels[i] for i, _ in node.operands))
        return tuple(levels)

    def waits(self) -> tuple[int, ...]:
        """By value: clocks that it waits for its last reader, an adder or, behind the last of all, an output."""
        levels = self.levels()
        waits = [0] * len(levels)
        for level, node in zip(levels[self.inputs :], self.nodes, strict=True):
            for i, _ in node.operands:
                waits[i] = max(waits[i], level - 1 - levels[i])
        for i in set(self.outputs) - {-1}:
            waits[i] = max(waits[i], max(levels) - levels[i])
        return tuple(waits)


def serial_graph(matrix: Integers, cache: Path) -> SerialGraph:
    """The graph of a ternary `matrix`, int64 (inputs, outputs), solved once: `cache` holds a file a problem.

    Raises ToolError where what is cached is not the graph of the matrix.
    """
    key = json.dumps(["serial", VERSION, OPERANDS, LEAST_USES, matrix.tolist()])
    path = cache / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    graph = _cached(path)
    if graph is None:
        graph = solve(matrix)
        content = [graph.inputs, [node.operands for node in graph.nodes], graph.outputs]
        write_text(path, json.dumps(content))
    if not np.array_equal(graph.matrix(), matrix):
        raise ToolError(f"{path}: this adder graph is not that of its matrix: remove the file and build again")
    return graph


def _cached(path: Path) -> SerialGraph | None:
    try:
        inputs, nodes, outputs = json.loads(path.read_text())
        made = tuple(SerialNode(tuple((i, minus) for i, minus in operands)) for operands in nodes)
        return SerialGraph(inputs, made, tuple(outputs))
    except (FileNotFoundError, ValueError, TypeError):
        return None  # not solved yet, or cut off: solved anew


def solve(matrix: Integers) -> SerialGraph:
    """Greedy: the pair of values that most outputs share becomes a value, again and again; the rest become trees."""
    rest, pairs = _shared_pairs(matrix)
    inputs = len(matrix)
    sums = [[(i, False), (j, minus)] for i, j, minus in pairs]
    columns = [[(int(i), bool(column[i] < 0)) for i in np.flatnonzero(column)] for column in rest.T]
    _inline(sums, columns, inputs)
    nodes: list[SerialNode] = []
    levels, number = [0] * inputs, {i: i for i in range(inputs)}

    def append(operands: Operands) -> int:
        nodes.append(SerialNode(tuple(operands)))
        levels.append(1 + max(levels[i] for i, _ in operands))
        return inputs + len(nodes) - 1

    for i, operands in enumerate(sums):
        if operands:
            number[inputs + i] = append([(number[j], minus) for j, minus in operands])
    outputs = [_tree([(number[i], minus) for i, minus in column], levels, append) for column in columns]
    return SerialGraph(inputs, tuple(nodes), tuple(outputs))


def _shared_pairs(matrix: Integers) -> tuple[Floats, list[tuple[int, int, bool]]]:
    """Pairs (a, b, whether b is subtracted) that became values, and the matrix (values, outputs) that is left."""
    inputs, outputs = matrix.shape
    most = inputs + int(np.count_nonzero(matrix)) // (LEAST_USES - 1)
    rows = np.zeros((most, outputs), np.float32)
    rows[:inputs] = matrix
    sizes = abs(rows)
    # By value: its uses with its best partner, or more: pairs that are taken lessen them, and they are counted late.
    bound = np.zeros(most, np.float32)
    bound[:inputs] = sizes[:inputs].sum(axis=1)
    pairs: list[tuple[int, int, bool]] = []
    count = inputs
    while bound[:count].max(initial=0) >= LEAST_USES:
        a = int(bound[:count].argmax())
        uses = _uses(rows[:count], sizes[:count], a)
        b = int(uses.argmax())
        if uses[b] < bound[a]:
            bound[a] = uses[b]
            continue
        product = rows[a] * rows[b]
        minus = bool(product.sum() < 0)
        shared = product == (-1 if minus else 1)
        rows[count, shared] = rows[a, shared]
        rows[a, shared] = rows[b, shared] = 0
        changed = [a, b, count]
        sizes[changed] = abs(rows[changed])
        pairs.append((a, b, minus))
        count += 1
        uses = _uses(rows[:count], sizes[:count], count - 1)
        bound[count - 1] = uses.max()
        np.maximum(bound[:count], uses, out=bound[:count])
    return rows[:count], pairs


def _uses(rows: Floats, sizes: Floats, which: int) -> Floats:
    """In how many outputs value `which` stands beside each other one, of one relative sign. `sizes`: abs(rows)."""
    uses: Floats = (sizes @ sizes[which] + abs(rows @ rows[which])) / 2
    uses[which] = 0
    return uses


def _inline(sums: list[Operands], columns: list[Operands], inputs: int) -> None:
    """Put a sum that is used once into its user, in place, where that stays within OPERANDS; it is left empty."""
    users: dict[int, list[Operands]] = {}
    for user in (*sums, *columns):
        for i, _ in user:
            users.setdefault(i, []).append(user)
    trees = {id(column) for column in columns}
    for number in reversed(range(len(sums))):
        found, own = users.get(inputs + number, []), sums[number]
        if len(found) != 1:
            continue
        (user,) = found
        if id(user) in trees or len(user) + len(own) - 1 <= OPERANDS:
            (place,) = (k for k, (i, _) in enumerate(user) if i == inputs + number)
            minus = user[place][1]
            user[place : place + 1] = [(i, negative != minus) for i, negative in own]
            for i, _ in own:
                users[i] = [user if other is own else other for other in users[i]]
            sums[number] = []


def _tree(operands: Operands, levels: list[int], append: Callable[[Operands], int]) -> int:
    """Adders that sum `operands`, those of the lowest levels first; returns the number of the value, or -1."""
    if not operands:
        return -1
    heap = [(levels[i], i, minus) for i, minus in operands]
    heapq.heapify(heap)
    take = (len(heap) - 2) % (OPERANDS - 1) + 2  # the first adder takes so many that the others take OPERANDS
    while len(heap) > 1:
        chosen = [heapq.heappop(heap)[1:] for _ in range(take)]
        negated = all(minus for _, minus in chosen)
        number = append([(i, minus != negated) for i, minus in chosen])
        heapq.heappush(heap, (levels[number], number, negated))
        take = OPERANDS
    ((_, number, negated),) = heap
    return append([(number, True)]) if negated else number
