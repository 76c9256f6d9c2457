"""The ways in which each layer of a plan can be implemented, what each costs, and how deep its pipeline is."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

from jetflow.graph import Graph
from jetflow.rtl.area import Area, register_area
from jetflow.rtl.costs import layer_cost
from jetflow.rtl.design import modules_of
from jetflow.rtl.folding import clocks_a_pixel, options
from jetflow.rtl.implementation import UNROLLED, Implementation
from jetflow.rtl.mapping import mapped_before
from jetflow.rtl.plan import Layer, Plan
from jetflow.rtl.sources import hand_written, with_parts

__all__ = ["Caches", "Option", "plan_options"]


@dataclass(frozen=True)
class Caches:
    """Folders of solved adder graphs and of mapped modules."""

    adders: Path
    mapped: Path


@dataclass(frozen=True)
class Option:
    """One way to implement a layer: its area, that of the register in front of it included, and the clocks through it
    behind its window or pool.

    `mapped`: whether the area is what Yosys found when this very module was mapped, else it is estimated.
    """

    implementation: Implementation
    area: Area
    depth: int
    mapped: bool


def plan_options(plan: Plan, caches: Caches, fold: bool = True) -> list[tuple[Option, ...]]:
    """The options of every layer of `plan` at its rate, the unrolled one first; without `fold` that alone."""
    largest = sorted(plan.layers, key=lambda layer: -(layer.window.kernel.size if layer.window else 0))
    with ProcessPoolExecutor(cpu_count(), get_context("spawn")) as pool:
        found = pool.map(partial(_options, plan, caches=caches, fold=fold), largest)
        by_name = dict(zip((layer.name for layer in largest), found, strict=True))
    return [by_name[layer.name] for layer in plan.layers]


def _options(plan: Plan, layer: Layer, caches: Caches, fold: bool) -> tuple[Option, ...]:
    ways = options(plan.graph, layer, clocks_a_pixel(plan, layer)) if fold else (UNROLLED,)
    estimated = _estimated(plan, layer, ways, caches.adders)
    return tuple(_with_cells(plan.graph, layer, option, caches) for option in estimated)


def _estimated(plan: Plan, layer: Layer, ways: Sequence[Implementation], adders: Path) -> Iterator[Option]:
    for implementation in ways:
        chosen = replace(layer, implementation=implementation)
        area, depth = layer_cost(plan.graph, chosen, adders)
        yield Option(implementation, area, depth, mapped=False)


def _with_cells(graph: Graph, layer: Layer, option: Option, caches: Caches) -> Option:
    """The option with what it was mapped to, if it was, and with the register in front of it."""
    chosen = replace(layer, implementation=option.implementation)
    texts = {path.stem: path.read_text() for path in hand_written()} | modules_of(graph, chosen, caches.adders)
    cells = mapped_before(layer.name, with_parts(texts, layer.name), caches.mapped)
    area = option.area if cells is None else Area(cells.lut, cells.ff, cells.bram18, cells.dsp)
    sources = (graph[name] for name in layer.sources)
    bits = sum(source.format.bits * source.shape[2] for source in sources) * layer.arriving.lanes
    return replace(option, area=area + register_area(bits), mapped=cells is not None)
