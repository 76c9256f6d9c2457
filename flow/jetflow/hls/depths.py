"""The rule for the depth of the FIFOs between the layers.

From the graph's own rates and line lengths:

- 2 words. Layers of one rate write and read in step: padding takes its pauses (columns around a row, rows around an
  image) exactly when the convolution before it makes none of its own. One word is read while the next one is written;
  with 1 word a FIFO is empty or full in every clock, and the rate halves. The branches of a clone read in step too:
  the heads are as wide and as slow as each other, or the slowest one sets the pace.
- One row of its image, where a layer thins the stream out (pooling, strides) and a layer behind it, up to the next
  such layer, is slower than the burst that it makes. A pool writes a row within the time of one input row, a pixel
  every second clock of its input, and is silent for the next one; the average is half the burst. A layer that keeps
  up with the average and not with the burst (its reuse factor exceeds the burst's clocks a pixel) needs the row.
- Before a layer that reads several streams, the most words that wait there in the cycle-stepped model
  (jetflow.hls.stream_model) with room for a whole image: the branches need not take the same time. A gate's factors
  come after the last pixel, so its image waits there whole: the one FIFO that grows with the image's height.

That these depths neither deadlock nor cost any rate is shown by the same model, and holds for that model: figures
derived from them are `estimated`.
"""

from math import prod

from jetflow.graph import AveragePool, Conv2D
from jetflow.hls.implementation import Implementations
from jetflow.hls.plan import Kind, Layer, Plan
from jetflow.hls.schedule import interval
from jetflow.hls.stream_model import simulate_streams
from jetflow.hls.streams import stream_map

__all__ = ["plan_depths"]

_IN_STEP = 2


def plan_depths(plan: Plan, how: Implementations) -> dict[str, int]:
    """The depth in words (pixels with all their channels) of every FIFO between two layers, by the rule above."""
    full = plan.with_clones()
    first = plan.layers[0].name
    depths = {}
    for name, (writer, reader) in stream_map(plan).items():
        if writer == first or not reader:
            continue  # a port of the top function
        layer = full[writer]
        bursts = _thinning(layer) > 1 and layer.kind is not Kind.CLONE
        slow = bursts and _slowest(full, layer, how) > _burst_clocks(full, layer)
        depths[name] = max(_IN_STEP, layer.shape[1]) if slow else _IN_STEP
    joining = {name for name, (_, reader) in stream_map(plan).items() if reader and len(full[reader].sources) > 1}
    if joining & set(depths):
        room = {name: 2 * prod(full[stream_map(plan)[name][0]].shape[:2]) for name in joining}
        peak = simulate_streams(plan, depths | room, how, images=2).peak
        depths |= {name: max(_IN_STEP, peak[name]) for name in joining & set(depths)}
    return depths


def _thinning(layer: Layer) -> int:
    """How many columns of its input make one of its output."""
    if layer.kind is Kind.CONV and isinstance(layer.node, Conv2D):
        return layer.node.stride[1]
    return 2 if layer.kind is Kind.POOL and isinstance(layer.node, AveragePool) else 1


def _burst_clocks(plan: Plan, layer: Layer) -> int:
    """Clocks between two words of `layer` within a row, with the image arriving at a pixel a clock."""
    chain = []
    while layer.source:
        chain.append(_thinning(layer) if layer.kind is not Kind.CLONE else 1)
        layer = plan[layer.source]
    return prod(chain)


def _slowest(plan: Plan, layer: Layer, how: Implementations) -> int:
    """Most clocks a pixel of the layers behind `layer`, up to and with the next one that thins the stream out."""
    slowest = 1
    for reader in plan.readers(layer.name):
        slowest = max(slowest, interval(reader, how))
        if _thinning(reader) == 1 or reader.kind is Kind.CLONE:
            slowest = max(slowest, _slowest(plan, reader, how))
    return slowest
