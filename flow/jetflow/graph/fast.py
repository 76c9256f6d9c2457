"""The fast reference: the same integers as jetflow.graph.reference, by BLAS in floating point, on all cores.

Every node runs in float32 where jetflow.graph.floats proves it exact, else in float64, else in the integers of the
reference. Nodes that work word by word join the one before them, so that its words are still in the cache.
"""

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from jetflow.graph.floats import Float, Floats, exact, in_place, widest
from jetflow.graph.graph import EXACT_BITS, Graph
from jetflow.graph.nodes import AveragePool, Conv2D, Input, Node, PReLU, Requantise, ScaleBias
from jetflow.graph.reference import check_images, execute, integer_rule
from jetflow.graph.windows import convolve, pool

__all__ = ["FastReference", "expected_words", "predict"]

Integers = NDArray[np.int64]
WORDS = 1 << 19  # of the largest tensor of the images that are computed together


def predict(graph: Graph, images: NDArray[np.integer[Any]], workers: int | None = None) -> dict[str, Integers]:
    """The outputs of `graph` by name, as FastReference.predict gives them."""
    return FastReference(graph).predict(images, workers)


def expected_words(graph: Graph, images: NDArray[np.integer[Any]], names: Collection[str]) -> dict[str, Integers]:
    """The tensors `names`, int64 (events, *shape) each: outputs alone by the fast reference, else all by the plain one.

    Raises ValueError as execute does.
    """
    if set(names) <= {node.name for node in graph.outputs}:
        outputs = predict(graph, images)
        return {name: outputs[name] for name in names}
    return execute(graph, images, names)


@dataclass(frozen=True, eq=False)
class Step:
    """A node and those that join it: the tensor `name`, of the last of them, from those of `inputs`."""

    name: str
    inputs: tuple[str, ...]
    run: Callable[..., Floats]
    kind: Float | None  # None: in integers


class FastReference:
    """Computes a graph's outputs, equal to jetflow.graph.execute in every word (tests/graph/test_fast.py)."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.steps = tuple(_step(graph, chain) for chain in _chains(graph))
        self._last_use = {name: step.name for step in self.steps for name in step.inputs}

    def predict(self, images: NDArray[np.integer[Any]], workers: int | None = None) -> dict[str, Integers]:
        """The outputs by name for any number of images (events, rows, columns, channels), int64 (events, *shape).

        `workers` threads, default: all cores. Raises ValueError for images of another shape, type or range.
        """
        images = check_images(self.graph, images)
        size = max(1, WORDS // max(int(np.prod(node.shape)) for node in self.graph))
        parts = [images[i : i + size] for i in range(0, max(len(images), 1), size)]
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers or os.cpu_count()) as pool:
            results = list(pool.map(self._outputs, parts))
        return {name: np.concatenate([result[name] for result in results]) for name in results[0]}

    def _outputs(self, images: NDArray[np.integer[Any]]) -> dict[str, Integers]:
        values: dict[str, Floats] = {self.graph.input.name: images.astype(_holding(self.graph, self.graph.input))}
        for step in self.steps:
            values[step.name] = step.run(*(values[name] for name in step.inputs))
            for name in step.inputs:
                if self._last_use[name] == step.name:
                    values.pop(name, None)
        return {node.name: values[node.name].astype(np.int64) for node in self.graph.outputs}


def _chains(graph: Graph) -> list[list[Node]]:
    """The nodes but the Input, each followed by those that work word by word on what it alone gives them."""
    chains: dict[str, list[Node]] = {}  # by the name of the last node
    for node in graph:
        if isinstance(node, Input):
            continue
        before = chains.get(node.inputs[0], [])
        joins = isinstance(node, PReLU | Requantise | ScaleBias) and len(graph.readers(node.inputs[0])) == 1
        if before and joins and isinstance(before[0], AveragePool | Conv2D | PReLU | Requantise | ScaleBias):
            del chains[node.inputs[0]]
            chains[node.name] = [*before, node]
        else:
            chains[node.name] = [node]
    return list(chains.values())


def _step(graph: Graph, chain: list[Node]) -> Step:
    """The chain as one function, in the shortest type that is exact for all of it."""
    head, last = chain[0], chain[-1]
    types: tuple[Float, ...] = (np.float32, np.float64)
    kind = next((t for t in types if all(exact(graph, node, t) for node in chain)), None)
    run = _integers(graph, chain) if kind is None else _floats(graph, chain, kind)
    result = _holding(graph, last)
    return Step(last.name, head.inputs, lambda *inputs: run(*inputs).astype(result, copy=False), kind)


def _holding(graph: Graph, node: Node) -> Float:
    """The shortest type that holds the node's tensor."""
    return np.float32 if widest(graph, node.name) <= 1 << EXACT_BITS else np.float64


def _floats(graph: Graph, chain: list[Node], kind: Float) -> Callable[[Floats], Floats]:
    head, *rest = chain
    whole = not isinstance(head, Conv2D | AveragePool)
    operations = [in_place(graph, node, kind) for node in (chain if whole else rest)]

    def finish(x: Floats) -> None:
        for operation in operations:
            operation(x)

    if isinstance(head, Conv2D):
        convolution = convolve(head, kind, finish)
        return lambda x: convolution(x.astype(kind, copy=False))

    def run(x: Floats) -> Floats:
        y: Floats = pool(head, x.astype(kind, copy=False)) if isinstance(head, AveragePool) else x.astype(kind)
        finish(y)
        return y

    return run


def _integers(graph: Graph, chain: list[Node]) -> Callable[..., Floats]:
    """The chain by the rules of the reference."""

    def run(*inputs: Floats) -> Floats:
        words = [x.astype(np.int64) for x in inputs]
        for node in chain:
            words = [integer_rule(graph, node, *words)]
        return words[0].astype(np.float64)

    return run
