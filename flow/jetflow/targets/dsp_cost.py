"""A cost model of a network on DSP cores: compute, memory traffic and time by layer.

A layer is a convolution with the scales, activations and roundings behind it, or a pool, a gate, a sum.

- Compute: one multiply-accumulate a multiplier and clock for 8-bit activations; wider ones take another pass for every
  8 bits more, and so do weights wider than 8 bits. What is no product (scale, bias, activation, the additions of a
  pool) counts as one operation an output each. The array reaches the share `sustained` of its peak, the same for all
  layers: the one parameter that is fitted.
- Memory: the map and the weights are read once and the result is written once, in whole bytes a value and in the
  mode's bits a weight.
- A layer takes the longer of the two, as transfers overlap with compute. Layers run one after the other.
- Several cores share the rows of every map; the core with the most rows sets the pace. The rows that a convolution
  reads beyond its own are read from the neighbour, so they cost traffic, no products. What the controller spends on
  synchronisation is not in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from jetflow.graph import AveragePool, Conv2D, Graph, Input, Node, Output, PReLU, Requantise, ScaleBias
from jetflow.graph.nodes import GlobalSum
from jetflow.targets.dsp import Core

__all__ = ["LayerCost", "calibrated", "layer_costs", "time_us"]

ACTIVATION_BITS = 8


@dataclass(frozen=True)
class LayerCost:
    """One layer on `cores` cores: its result's node, its work, and the clocks of the busiest core.

    `macs`: multiply-accumulates, `operations`: what else is computed; `bytes`: memory traffic of all cores.
    `utilisation`: share of the peak of all cores that its products take.
    """

    node: str
    mode: str
    macs: int
    operations: int
    bytes: int
    compute_clocks: float
    memory_clocks: float
    utilisation: float

    @property
    def clocks(self) -> float:
        """Clocks that the layer takes."""
        return max(self.compute_clocks, self.memory_clocks)


def time_us(costs: tuple[LayerCost, ...], core: Core) -> float:
    """Time of one image, layer after layer."""
    return sum(cost.clocks for cost in costs) / core.clock_mhz


def calibrated(core: Core, graph: Graph, digits: int = 5) -> float:
    """The `sustained` with which the model meets the core's calibration point; `graph` is the network of that point."""
    cores = core.configurations[core.calibration.configuration].cores
    low, high = 10.0**-digits, 1.0
    while high - low > 10.0 ** -(digits + 1):
        middle = (low + high) / 2
        slower = core.model_copy(update={"sustained": middle})
        if time_us(layer_costs(graph, slower, cores), slower) > 1000 * core.calibration.time_ms:
            low = middle
        else:
            high = middle
    return round(high, digits)


def layer_costs(graph: Graph, core: Core, cores: int = 1) -> tuple[LayerCost, ...]:
    """The layers of `graph` in order, on `cores` cores."""
    return tuple(_cost(graph, list(chain), core, cores) for chain in _layers(graph))


def _layers(graph: Graph) -> Iterator[tuple[Node, ...]]:
    """Nodes that run as one layer: one that reads memory, and those that work on its results as they come."""
    chains: dict[str, list[Node]] = {}  # by the name of the last node
    for node in graph:
        if isinstance(node, Input | Output):
            continue
        source = node.inputs[0]
        joins = isinstance(node, ScaleBias | PReLU | Requantise) and source in chains
        chain = chains.pop(source) if joins and len(graph.readers(source)) == 1 else []
        chains[node.name] = [*chain, node]
    return (tuple(chain) for chain in chains.values())


def _cost(graph: Graph, chain: list[Node], core: Core, cores: int) -> LayerCost:
    first, last = chain[0], chain[-1]
    sources = [graph[name] for name in first.inputs]
    rows, columns, _ = first.shape
    shared = sources[0].shape[0] if isinstance(first, GlobalSum) else rows
    share = ceil(shared / cores) / shared  # of the core with the most rows
    weights = first.kernel.size if isinstance(first, Conv2D) else 0
    mode = core.mode(first.weights.bits) if isinstance(first, Conv2D) else ""
    macs = rows * columns * weights
    operations = sum(_operations(node) for node in chain)
    passes = ceil(sources[0].format.bits / ACTIVATION_BITS)
    if isinstance(first, Conv2D):
        passes *= ceil(first.weights.bits / core.modes[mode])
    work = macs * passes + operations
    compute = work * share / (core.macs_per_clock * core.sustained)

    weight_bytes = ceil(weights * (first.weights.bits if isinstance(first, Conv2D) else 0) / 8)
    halo = (first.kernel.shape[0] - 1) * (cores - 1) if isinstance(first, Conv2D) else 0
    maps = sum(_bytes(source, source.shape[0] + halo) for source in sources) + _bytes(last, last.shape[0])
    traffic = maps * share + weight_bytes
    clocks = max(compute, traffic / core.bytes_per_clock)
    return LayerCost(
        last.name,
        mode,
        macs,
        operations,
        maps + cores * weight_bytes,
        compute,
        traffic / core.bytes_per_clock,
        macs / (clocks * core.macs_per_clock * cores),
    )


def _operations(node: Node) -> int:
    """Operations of a node that are no product of a convolution; rounding comes with the write."""
    rows, columns, channels = node.shape
    if isinstance(node, GlobalSum):
        return node.cells * channels
    each = 4 if isinstance(node, AveragePool) else 0 if isinstance(node, Conv2D | Requantise) else 1
    each = 2 if isinstance(node, ScaleBias) else each  # as paper 2 counts: 2 a batch normalisation, 1 a PReLU
    return rows * columns * channels * each


def _bytes(node: Node, rows: int) -> int:
    return rows * node.shape[1] * node.shape[2] * ceil(node.format.bits / 8)
