"""The ternary 3 x 3 filters that a network uses most (paper 2, figure 8)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jetflow.graph import Graph
from jetflow.graph.nodes import Conv2D

__all__ = ["Filters", "common_filters"]


@dataclass(frozen=True)
class Filters:
    """Patterns by falling frequency; `total` filters (kernel planes of one input and one output channel) in all."""

    patterns: NDArray[np.int8]  # (n, 3, 3): rows eta, columns phi; -1, 0, 1
    counts: NDArray[np.int64]  # (n,)
    total: int


def common_filters(graph: Graph, top: int) -> Filters:
    """The `top` most common planes of the ternary 3 x 3 convolutions; of equals the one that is smaller as digits."""
    kernels = [node.kernel for node in graph if isinstance(node, Conv2D) and node.ternary]
    planes = [np.moveaxis(k, (0, 1), (2, 3)).reshape(-1, 9) for k in kernels if k.shape[:2] == (3, 3)]
    every = np.concatenate([*planes, np.zeros((0, 9), np.int64)])
    patterns, counts = np.unique(every, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:top]
    return Filters(patterns[order].reshape(-1, 3, 3).astype(np.int8), counts[order], len(every))
