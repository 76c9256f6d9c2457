"""Constant matrices as adder graphs, found by alkaid (distributed arithmetic) and proven equal to the matrix."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import write_text
from jetflow.errors import ToolError
from jetflow.rtl.packages import package_folder

__all__ = ["AdderGraph", "Addition", "adder_graph", "solve"]

Integers = NDArray[np.int64]
DEPTH = 2  # adder levels beyond the least possible: 4% more adders than without a limit, and half the pipeline


@dataclass(frozen=True)
class Addition:
    """(a << shift_a) + (b << shift_b), or minus; a and b are numbers of values, the inputs first."""

    a: int
    b: int
    shift_a: int
    shift_b: int
    minus: bool


@dataclass(frozen=True)
class AdderGraph:
    """Values: the inputs, then one an addition. Outputs: (value, or -1 for zero; shift to the left;
    whether it is negated)."""

    inputs: int
    additions: tuple[Addition, ...]
    outputs: tuple[tuple[int, int, bool], ...]

    def matrix(self) -> Integers:
        """The matrix (inputs, outputs) that the graph multiplies by, int64."""
        rows = list(np.eye(self.inputs, dtype=np.int64))
        for x in self.additions:
            a, b = rows[x.a] << x.shift_a, rows[x.b] << x.shift_b
            rows.append(a - b if x.minus else a + b)
        zero = np.zeros(self.inputs, np.int64)
        columns = [zero if i < 0 else _shifted(rows[i], s) * (-1 if minus else 1) for i, s, minus in self.outputs]
        return np.stack(columns, axis=-1)


def _shifted(row: Integers, shift: int) -> Integers:
    """`row` << shift; a right shift must be exact."""
    if shift < 0 and (row & ((1 << -shift) - 1)).any():
        raise ToolError(f"adder graph: an output is shifted by {shift}, which is not exact")
    return row << shift if shift >= 0 else row >> -shift


def adder_graph(matrix: Integers, low: Iterable[int], high: Iterable[int], cache: Path) -> AdderGraph:
    """The adder graph of `matrix`, int64 (inputs, outputs), for inputs within `low` to `high`.

    Solved once: `cache` is a folder with one file a problem, named by its digest. Raises MissingToolError without
    alkaid, ToolError where the graph is not that of the matrix.
    """
    package_folder("alkaid")
    bounds = list(map(int, low)), list(map(int, high))
    key = json.dumps([version("alkaid"), DEPTH, matrix.shape, matrix.tolist(), *bounds])
    path = cache / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    graph = _cached(path)
    if graph is None:
        graph = solve(matrix, *bounds)
        content = [graph.inputs, [list(vars(a).values()) for a in graph.additions], graph.outputs]
        write_text(path, json.dumps(content))
    if not np.array_equal(graph.matrix(), matrix):
        raise ToolError(f"{path}: this adder graph is not that of its matrix: remove the file and build again")
    return graph


def _cached(path: Path) -> AdderGraph | None:
    try:
        inputs, additions, outputs = json.loads(path.read_text())
        return AdderGraph(inputs, tuple(Addition(*a) for a in additions), tuple((i, s, n) for i, s, n in outputs))
    except (FileNotFoundError, ValueError, TypeError):
        return None  # not solved yet, or cut off: solved anew


def solve(matrix: Integers, low: Sequence[int], high: Sequence[int]) -> AdderGraph:
    """alkaid's adder graph of `matrix` for inputs within `low` to `high`."""
    from alkaid.cmvm import cmvm_solve

    intervals = [(float(a), float(b), 1.0) for a, b in zip(low, high, strict=True)]
    additions: list[Addition] = []
    values = [_Value(i, 0, False) for i in range(len(matrix))]
    for part in cmvm_solve(matrix.astype(np.float32), qintervals=intervals, hard_dc=DEPTH):
        values = _append(part, values, len(matrix), additions)
    return AdderGraph(len(matrix), tuple(additions), tuple((v.number, v.shift, v.negative) for v in values))


class _Value(NamedTuple):
    """Value `number` (-1: zero) << shift, negated or not; alkaid's shifts may be negative, in exact fractions."""

    number: int
    shift: int
    negative: bool

    def scaled(self, shift: int, negative: bool) -> "_Value":
        return _Value(self.number, self.shift + shift, self.negative != negative)


def _append(part: Any, inputs: list[_Value], offset: int, additions: list[Addition]) -> list[_Value]:
    """Append the additions of one of alkaid's programs on `inputs`; returns its outputs."""
    values: list[_Value] = []
    for op in part.ops:
        if op.opcode == -1:
            (i,) = op.data
            values.append(inputs[i].scaled(part.inp_shifts[i], False))
        elif op.opcode in (0, 1):
            a, b = values[op.addr[0]], values[op.addr[1]].scaled(op.data[0], op.opcode == 1)
            values.append(_added(a, b, offset, additions))
        else:
            raise ToolError(f"alkaid: operation {op.opcode} in an adder graph; -1, 0 and 1 are known")
    zero = _Value(-1, 0, False)
    outputs = zip(part.out_idxs, part.out_shifts, part.out_negs, strict=True)
    return [zero if i < 0 else values[i].scaled(int(shift), bool(minus)) for i, shift, minus in outputs]


def _added(a: _Value, b: _Value, offset: int, additions: list[Addition]) -> _Value:
    """a + b as one addition or subtraction of what is not negative, times a sign and a power of two."""
    if a.number < 0 or b.number < 0:
        return b if a.number < 0 else a
    if a.negative and not b.negative:
        a, b = b, a
    shift = min(a.shift, b.shift)
    additions.append(Addition(a.number, b.number, a.shift - shift, b.shift - shift, a.negative != b.negative))
    return _Value(offset + len(additions) - 1, shift, a.negative)
