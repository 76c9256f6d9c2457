"""The ways in which each layer of a plan can be implemented, what each costs, and how deep its pipeline is."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

from jetflow.graph import Graph
from jetflow.rtl.area import Area, datapath_area, front_area, register_area
from jetflow.rtl.design import modules_of
from jetflow.rtl.implementation import UNROLLED, Implementation
from jetflow.rtl.layers import LEVELS, layer_datapath
from jetflow.rtl.mapping import mapped_before
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.schedule import schedule
from jetflow.rtl.sources import hand_written, with_parts
from jetflow.rtl.steps import layer_steps

__all__ = ["Caches", "Option", "plan_options"]


@dataclass(frozen=True)
class Caches:
    """Folders of solved adder graphs and of mapped modules."""

    adders: Path
    mapped: Path


@dataclass(frozen=True)
class Option:
    """One way to implement a layer: its area, that of the register in front of it included, and its pipeline stages.

    `mapped`: whether the area is what Yosys found when this very module was mapped, else it is estimated.
    """

    implementation: Implementation
    area: Area
    depth: int
    mapped: bool


def plan_options(plan: Plan, caches: Caches) -> list[tuple[Option, ...]]:
    """The options of every layer of `plan` at its rate, the unrolled one first."""
    largest = sorted(plan.layers, key=lambda layer: -(layer.window.kernel.size if layer.window else 0))
    with ProcessPoolExecutor(cpu_count(), get_context("spawn")) as pool:
        found = pool.map(partial(_options, plan, caches=caches), largest)
        by_name = dict(zip((layer.name for layer in largest), found, strict=True))
    return [by_name[layer.name] for layer in plan.layers]


def _options(plan: Plan, layer: Layer, caches: Caches) -> tuple[Option, ...]:
    return tuple(_with_cells(plan.graph, layer, option, caches) for option in _estimated(plan, layer, caches.adders))


def _estimated(plan: Plan, layer: Layer, adders: Path) -> Iterator[Option]:
    yield _unrolled(plan.graph, layer, adders)


def _spare_clocks(plan: Plan, layer: Layer) -> int:
    """Clocks that a step of `layer` may take without slowing the input down, but for columns that are played again."""
    return max(1, plan.input_order.beats // int(layer_steps(layer).takes.sum()))


def _unrolled(graph: Graph, layer: Layer, adders: Path) -> Option:
    datapath = layer_datapath(graph, layer, adders)
    stages = schedule(datapath, LEVELS)
    area = datapath_area(datapath, stages).times(layer.lanes) + front_area(layer, graph[layer.sources[0]])
    return Option(UNROLLED, area, stages.stages, mapped=False)


def _with_cells(graph: Graph, layer: Layer, option: Option, caches: Caches) -> Option:
    """The option with what it was mapped to, if it was, and with the register in front of it."""
    chosen = replace(layer, implementation=option.implementation)
    texts = {path.stem: path.read_text() for path in hand_written()} | modules_of(graph, chosen, caches.adders)
    cells = mapped_before(layer.name, with_parts(texts, layer.name), caches.mapped)
    area = option.area if cells is None else Area(cells.lut, cells.ff, cells.bram18, cells.dsp)
    source = graph[layer.sources[0]]
    bits = source.format.bits * source.shape[2] * layer.arriving.lanes
    return replace(option, area=area + register_area(bits), mapped=cells is not None)
