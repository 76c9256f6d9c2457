"""Estimated clocks of every layer and of the design, each with its formula, and the FIFOs of the design.

What stands here holds for the schedule of the C++ (jetflow.hls.schedule) if the HLS compiler reaches the initiation
interval that the pragmas ask for; the depth of the arithmetic pipelines, some clocks a layer, is not in it.
"""

from dataclasses import dataclass

from jetflow.graph import AveragePool, Graph
from jetflow.hls.depths import plan_depths
from jetflow.hls.implementation import Implementations, implementations
from jetflow.hls.plan import Kind, Layer, Plan, make_plan
from jetflow.hls.schedule import schedule
from jetflow.hls.stream_model import simulate_streams
from jetflow.hls.streams import stream_map

__all__ = ["DesignEstimate", "Fifo", "LayerEstimate", "estimate_cycles", "fifo_bits", "fifo_depths", "fifos"]

NO_FORMULA = "no formula holds for hls4ml's resource strategy: only synthesis tells"


@dataclass(frozen=True)
class LayerEstimate:
    """Clocks an image of one hardware layer, which are also its initiation interval; None where `reason` says why.

    `node`: the graph node whose tensor it writes (padding and clones: the one that passes through).
    """

    name: str
    node: str
    kind: str
    cycles: int | None
    formula: str
    reason: str

    @property
    def ii_cycles(self) -> int | None:
        """Clocks between two images: the loop of a layer runs once an image, and starts again when it ends."""
        return self.cycles


@dataclass(frozen=True)
class DesignEstimate:
    """Clocks from the first pixel to the last word (`latency_cycles`), between two images (`ii_cycles`), by layer."""

    layers: tuple[LayerEstimate, ...]
    latency_cycles: int | None
    ii_cycles: int | None
    latency_formula: str
    ii_formula: str
    reason: str


@dataclass(frozen=True)
class Fifo:
    """One FIFO: `depth` words of `word_bits` bits, a pixel with all its channels."""

    name: str
    depth: int
    word_bits: int


def estimate_cycles(graph: Graph, backend: str = "vitis", how: Implementations | None = None) -> DesignEstimate:
    """The estimate of `graph` built for `backend`; latency by the cycle-stepped stream model with the rule's FIFOs."""
    plan, chosen = make_plan(graph), how or implementations(graph, backend)
    layers = tuple(_layer(plan, layer, chosen) for layer in plan.with_clones().layers if layer.source)
    known = [layer.cycles for layer in layers if layer.cycles is not None]
    if len(known) < len(layers):
        return DesignEstimate(layers, None, None, "", "", NO_FORMULA)
    slowest = max(layers, key=lambda layer: layer.cycles or 0)
    result = simulate_streams(plan, plan_depths(plan, chosen), chosen, images=2)
    latency = "clock of the first image's last word in the stream model, without the depths of arithmetic pipelines"
    interval = f"the slowest layer, {slowest.name}: {slowest.formula}"
    return DesignEstimate(layers, result.latency, slowest.cycles, latency, interval, "")


def fifo_depths(graph: Graph, backend: str = "vitis", how: Implementations | None = None) -> dict[str, int]:
    """The depth in words of every FIFO between two layers, by name."""
    return {fifo.name: fifo.depth for fifo in fifos(graph, backend, how)}


def fifos(graph: Graph, backend: str = "vitis", how: Implementations | None = None) -> tuple[Fifo, ...]:
    """Every FIFO between two layers, with the depth of the rule in jetflow.hls.streams."""
    plan = make_plan(graph)
    full, streams = plan.with_clones(), stream_map(plan)
    found = []
    for name, depth in plan_depths(plan, how or implementations(graph, backend)).items():
        layer = full[streams[name][0]]
        found.append(Fifo(name, depth, layer.shape[2] * layer.result.format.bits))
    return tuple(found)


def fifo_bits(graph: Graph, backend: str = "vitis", how: Implementations | None = None) -> int:
    """Bits of all FIFOs between layers."""
    return sum(fifo.depth * fifo.word_bits for fifo in fifos(graph, backend, how))


def _layer(plan: Plan, layer: Layer, how: Implementations) -> LayerEstimate:
    full = plan.with_clones()
    rows, columns, _ = full[layer.source].shape
    node, chosen = layer.node, how.get(layer.node.name)
    clocks = schedule(full, layer, how).clocks
    formula = f"{rows} rows x {columns} columns x 1 clock"
    if layer.kind is Kind.CONV and chosen is not None:
        if chosen.strategy != "Latency":
            return LayerEstimate(layer.name, layer.result.name, str(layer.kind), None, "", NO_FORMULA)
        formula = f"{rows} rows x {columns} columns of the padded image x reuse factor {chosen.reuse_factor}"
    elif layer.kind is Kind.PADDING:
        wide = columns + sum(layer.padding[0][2:])
        formula = f"{clocks // wide} rows x {wide} columns, with the padding, x 1 clock"
    elif layer.kind is Kind.POOL and isinstance(node, AveragePool):
        formula = f"{rows + 2 * node.padding} rows x {columns + 2 * node.padding} columns x 1 clock"
    elif layer.kind is Kind.CHANNEL_CONV:
        formula = f"{layer.shape[2]} channels x 1 clock"
    elif layer.kind is Kind.PEAKS:
        formula = f"{rows} rows x {columns} columns of the padded map + {layer.shape[0]} boxes, x 1 clock"
    return LayerEstimate(layer.name, layer.result.name, str(layer.kind), clocks, formula, "")
