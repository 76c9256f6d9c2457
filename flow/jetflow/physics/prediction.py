"""A trained model's heads and jets: Keras computes them, and what it computes is held against the integer graph."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.errors import JetflowError
from jetflow.graph import Graph, predict
from jetflow.model import Model
from jetflow.physics.detections import Detections, detect, join

__all__ = ["Heads", "Runner", "detections_of", "head_values", "runner"]

CELLS = 64 * 68 * 72  # image cells in a batch: as many as fit the memory of a core well
PROVED = 4  # images of each set that the reference computes too
Floats = NDArray[np.float32]
Heads = tuple[Floats, Floats, Floats]  # offsets, class logits, regression; real values
Counts = NDArray[np.integer[Any]]
Runner = Callable[[Counts], Heads]


def runner(model: Model, precision: str) -> Runner:
    """A function from counts (events, rows, columns, channels) to the heads of the model's weights `precision`.

    Quantised networks are folded, so that Keras in float32 computes the integer graph exactly (the 24-bit rule), ten
    times faster than the reference. The first images of every call are computed by both: JetflowError if they differ.
    """
    from jetflow.networks.backend import tf

    network, entry = model.network(precision), model.config.input
    graph = model.graph(precision) if precision in ("twn", "int8") else None
    lsb = np.float32(entry.fixed_point().lsb)
    batch = max(1, CELLS // (entry.rows * entry.columns))

    @tf.function(input_signature=[tf.TensorSpec((None, *entry.shape), tf.float32)])  # type: ignore[untyped-decorator]
    def compiled(images: Any) -> Any:
        return network(images, training=False)

    def run(counts: Counts) -> Heads:
        parts = [
            [head.numpy() for head in compiled(counts[i : i + batch].astype(np.float32) * lsb)]
            for i in range(0, max(len(counts), 1), batch)
        ]
        offsets, logits, regression = (np.concatenate(part) for part in zip(*parts, strict=True))
        if graph is not None:
            _check_exact(graph, counts[:PROVED], (offsets, logits, regression))
        return offsets, logits, regression

    return run


def _check_exact(graph: Graph, counts: Counts, heads: Heads) -> None:
    """Raise JetflowError where the heads are not the integers of the reference."""
    for (name, expected), found in zip(predict(graph, counts).items(), heads, strict=True):
        if not np.array_equal(expected, found[: len(counts)] / graph[name].format.lsb):
            raise JetflowError(
                f"{graph.name}: {name}: Keras and the integer graph differ, they must not: a bug in jetflow, report it"
            )


def head_values(model: Model, precision: str, counts: Counts) -> Heads:
    """Offsets, class logits and regression of `counts` (events, rows, columns, channels) as real values, float32."""
    return runner(model, precision)(counts)


def detections_of(model: Model, run: Runner, blocks: Iterable[Counts]) -> Detections:
    """The jets of all images of `blocks`, events numbered through."""
    return join([(len(counts), detect(model.config, *run(counts))) for counts in blocks])
