"""Estimated clocks of every layer and of the design, each with its formula, and the FIFOs of the design.

What stands here holds for the schedule of the C++ (jetflow.hls.schedule) if the HLS compiler reaches the initiation
interval that the pragmas ask for; the depth of the arithmetic pipelines, some clocks a layer, is not in it.
"""

from dataclasses import dataclass

from jetflow.graph import AveragePool
from jetflow.hls.design import Design
from jetflow.hls.implementation import MOVING, Implementations
from jetflow.hls.plan import Kind, Layer, Plan
from jetflow.hls.schedule import SHARING, schedule
from jetflow.hls.streams import stream_map

__all__ = ["DesignEstimate", "Fifo", "LayerEstimate", "estimate_cycles", "fifos"]


@dataclass(frozen=True)
class LayerEstimate:
    """Clocks an image of one hardware layer, which are also its initiation interval.

    `node`: the graph node whose tensor it writes (padding and clones: the one that passes through). `strategy` and
    `reuse_factor` where it has multipliers that clocks can share.
    """

    name: str
    node: str
    kind: str
    cycles: int
    formula: str
    strategy: str
    reuse_factor: int | None


@dataclass(frozen=True)
class DesignEstimate:
    """Clocks from the first pixel to the last word (`latency_cycles`), between two images (`ii_cycles`), by layer.

    `limiting`: the layer that sets the rate.
    """

    layers: tuple[LayerEstimate, ...]
    latency_cycles: int
    ii_cycles: int
    latency_formula: str
    ii_formula: str
    limiting: str


@dataclass(frozen=True)
class Fifo:
    """One FIFO: `depth` words of `word_bits` bits, a pixel with all its channels."""

    name: str
    depth: int
    word_bits: int

    @property
    def bits(self) -> int:
        """What it holds."""
        return self.depth * self.word_bits


def estimate_cycles(design: Design) -> DesignEstimate:
    """The estimate of `design`; latency and interval are those of its stream model."""
    full = design.plan.with_clones()
    layers = tuple(_layer(full, layer, design.how) for layer in full.layers if layer.source)
    slowest = max(layers, key=lambda layer: layer.cycles)
    latency = "clock of the first image's last word in the stream model, without the depths of arithmetic pipelines"
    interval = f"stream model; the slowest layer is {slowest.name}: {slowest.formula}"
    return DesignEstimate(layers, design.latency_cycles, design.ii_cycles, latency, interval, slowest.name)


def fifos(design: Design) -> tuple[Fifo, ...]:
    """Every FIFO between two layers."""
    full, streams = design.plan.with_clones(), stream_map(design.plan)
    found = []
    for name, depth in design.depths.items():
        layer = full[streams[name][0]]
        found.append(Fifo(name, depth, layer.shape[2] * layer.result.format.bits))
    return tuple(found)


def _layer(full: Plan, layer: Layer, how: Implementations) -> LayerEstimate:
    rows, columns, _ = full[layer.source].shape
    node, chosen = layer.node, how.get(layer.node.name) if layer.kind in SHARING else None
    clocks = schedule(full, layer, how).clocks
    formula = f"{rows} rows x {columns} columns x 1 clock"
    if layer.kind is Kind.PADDING:
        wide = columns + sum(layer.padding[0][2:])
        formula = f"{clocks // wide} rows x {wide} columns, with the padding, x 1 clock"
    elif layer.kind is Kind.POOL and isinstance(node, AveragePool):
        formula = f"{rows + 2 * node.padding} rows x {columns + 2 * node.padding} columns x 1 clock"
    elif layer.kind is Kind.CHANNEL_CONV:
        formula = f"{layer.shape[2]} channels x 1 clock"
    elif layer.kind is Kind.PEAKS:
        formula = f"{rows} rows x {columns} columns of the padded map + {layer.shape[0]} boxes, x 1 clock"
    elif chosen:
        image = "columns of the padded image" if layer.kind is Kind.CONV else "columns"
        formula = f"{rows} rows x {columns} {image} x reuse factor {chosen.reuse_factor}"
        if chosen.strategy == "Resource":
            formula = f"{rows} rows x {columns} {image} x ({chosen.reuse_factor} + {MOVING} to move a pixel)"
    strategy, factor = (chosen.strategy, chosen.reuse_factor) if chosen else ("", None)
    return LayerEstimate(layer.name, layer.result.name, str(layer.kind), clocks, formula, strategy, factor)
