"""What sharing sums is worth: the sums of one convolution as its adder graph and as unshared trees, both mapped."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from jetflow.atomic import write_text
from jetflow.cache import cache_folder
from jetflow.graph import Conv2D, Graph
from jetflow.rtl.datapath import Datapath, DatapathBuilder, Field
from jetflow.rtl.emit import datapath_module
from jetflow.rtl.layers import LEVELS, read_pixels
from jetflow.rtl.mapping import Mapped, map_module
from jetflow.rtl.pointwise import Values, matrix_product

__all__ = ["Sharing", "measure_sharing", "read_sharing", "representative", "write_sharing"]

SCHEMA = "jetflow-sharing-1"
FILE = "sharing.json"


@dataclass(frozen=True)
class Sharing:
    """Cells of the sums of convolution `node`, registers of the pipeline included."""

    node: str
    shared: Mapped
    unshared: Mapped

    @property
    def ratio(self) -> float:
        """LUTs with sharing over LUTs without."""
        return self.shared.lut / self.unshared.lut


def representative(graph: Graph) -> Conv2D | None:
    """The smallest ternary convolution over rows and columns, not depthwise; None where there is none."""
    found = [node for node in graph if isinstance(node, Conv2D) and node.ternary and not node.depthwise]
    spatial = [node for node in found if node.kernel.shape[0] * node.kernel.shape[1] > 1]
    return min(spatial, key=lambda node: node.kernel.size, default=None)


def measure_sharing(graph: Graph, node: Conv2D, cache: Path, adders: Path) -> Sharing:
    """Map both forms of `node`. `cache`: mapped modules, `adders`: solved adder graphs.

    Raises MissingToolError and ToolError as map_design.
    """
    return Sharing(
        node.name,
        _mapped("shared_sums", _sums(graph, node, adders), cache),
        _mapped("unshared_sums", _sums(graph, node, None), cache),
    )


def write_sharing(graph: Graph, folder: Path) -> Sharing | None:
    """Measure the representative convolution, if there is one, and write sharing.json into the build `folder`."""
    if (node := representative(graph)) is None:
        return None
    sharing = measure_sharing(graph, node, cache_folder("mapped"), cache_folder("adders"))
    write_text(folder / FILE, json.dumps({"schema": SCHEMA, **asdict(sharing)}, indent=1) + "\n")
    return sharing


def read_sharing(folder: Path) -> Sharing | None:
    """What write_sharing wrote; None where it has not run or the file is damaged."""
    try:
        content = json.loads((folder / FILE).read_text())
        found = Sharing(content["node"], Mapped(**content["shared"]), Mapped(**content["unshared"]))
        return found if content["schema"] == SCHEMA else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _sums(graph: Graph, node: Conv2D, adders: Path | None) -> Datapath:
    """The sums of a window: by their adder graph, or without `adders` by a balanced tree an output."""
    builder, source = DatapathBuilder(), graph.parent(node)
    matrix, bounds = node.kernel.reshape(-1, node.kernel.shape[3]), graph.intervals[source.name].with_zero()
    low, high = (np.tile(ends, len(matrix) // source.shape[2]).tolist() for ends in (bounds.low, bounds.high))
    values = read_pixels(builder, source.format, low, high)
    if adders is None:
        outputs = [_tree(builder, values, column.tolist()) for column in matrix.T]
    else:
        outputs = matrix_product(builder, matrix, values, adders)
    return builder.finished([Field(i, builder[i].width) for i in outputs], len(matrix) * source.format.bits)


def _tree(builder: DatapathBuilder, values: Values, weights: list[int]) -> int:
    """The sum of the values with a weight of 1 less those with -1, in as few levels as possible."""
    terms = [(value, weight < 0) for value, weight in zip(values, weights, strict=True) if weight]
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        paired = [_added(builder, a, b) for a, b in pairs]
        terms = paired + (terms[-1:] if len(terms) % 2 else [])
    if not terms:
        return builder.constant(0)
    ((value, minus),) = terms
    return builder.offset(value, 0, minus=True) if minus else value


def _added(builder: DatapathBuilder, a: tuple[int, bool], b: tuple[int, bool]) -> tuple[int, bool]:
    """The sum of two terms, each negated or not; it is negated where both are."""
    if a[1] and not b[1]:
        a, b = b, a
    return builder.sum(a[0], b[0], minus=a[1] != b[1]), a[1]


def _mapped(name: str, datapath: Datapath, cache: Path) -> Mapped:
    return map_module(name, [datapath_module(name, "Sums of a convolution.", datapath, LEVELS)], cache)
