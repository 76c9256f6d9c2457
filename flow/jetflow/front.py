"""The area/latency front of a network's open RTL: what each rate costs, as table and picture, and the choice in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jetflow.cache import cache_folder
from jetflow.errors import BudgetError
from jetflow.graph import Graph
from jetflow.plots import COLOURS, picture
from jetflow.rtl import Area, Caches, Point, best, find_front, unbeaten, unrolled_point
from jetflow.targets import Device, find_part

__all__ = ["Row", "choose_point", "front_rows", "plot_front"]


@dataclass(frozen=True)
class Row:
    """A line of the table. `area_kind`: mapped, estimated, or how many of the layers are mapped."""

    point: Point
    time_us: float
    share: float  # of the part's LUTs
    fits: bool
    area_kind: str


def choose_point(graph: Graph, pixels_per_clock: int, minimise: str, part: str, max_lut: int | None) -> Point:
    """The design of the least latency or area that the part, and `max_lut`, hold. Raises BudgetError for none."""
    limit = _limit(find_part(part).device, max_lut)
    fastest = unrolled_point(graph, pixels_per_clock, _caches())
    if minimise == "latency" and fastest.area.within(limit):
        return fastest
    points = find_front(graph, pixels_per_clock, _caches())
    if (point := best(points, minimise, limit)) is not None:
        return point
    smallest = min(points, key=lambda each: each.area.lut).area
    raise BudgetError(
        f"{pixels_per_clock} pixels a clock: no design within {limit.lut:,} LUT, {limit.ff:,} FF and {limit.bram18:,} "
        f"BRAM18; the smallest takes {smallest.lut:,}, {smallest.ff:,} and {smallest.bram18:,}: allow more, or choose "
        "fewer --pixels-per-clock"
    )


def front_rows(
    graph: Graph,
    pixels: tuple[int, ...],
    part: str,
    clock_mhz: float,
    max_lut: int | None,
    visited: Callable[[Point], None] = lambda point: None,
) -> list[Row]:
    """The points of all rates, the fastest first; those that another beats in LUTs and latency are left out. `visited`
    is that of find_front.
    """
    device = find_part(part).device
    limit, caches = _limit(device, max_lut), _caches()
    points = unbeaten(point for lanes in pixels for point in find_front(graph, lanes, caches, visited))
    return [
        Row(
            point,
            point.timing.latency_cycles / clock_mhz,
            point.area.lut / device.lut,
            point.area.within(limit),
            _kind(point),
        )
        for point in points
    ]


def plot_front(rows: list[Row], title: str, path: Path) -> None:
    """LUTs against latency, a colour a rate, as a PNG file."""
    with picture(path, 1, 1, (7, 5)) as ((axes,),):
        for colour, lanes in zip(COLOURS, sorted({row.point.pixels_per_clock for row in rows}), strict=False):
            chosen = [row.point for row in rows if row.point.pixels_per_clock == lanes]
            cycles = [point.timing.latency_cycles for point in chosen]
            axes.plot(cycles, [point.area.lut / 1000 for point in chosen], "o-", color=colour, label=f"{lanes} a clock")
        axes.set(xlabel="Latency [cycles], estimated", ylabel="LUT [1000]", title=title)
        axes.set_ylim(bottom=0)
        axes.legend(title="Pixels")


def _caches() -> Caches:
    return Caches(cache_folder("adders"), cache_folder("mapped"))


def _limit(device: Device, max_lut: int | None) -> Area:
    return Area(min(device.lut, max_lut or device.lut), device.ff, device.bram18, device.dsp)


def _kind(point: Point) -> str:
    layers = len(point.choices)
    return {0: "estimated", layers: "mapped"}.get(point.mapped, f"{point.mapped}/{layers} mapped")
