"""Graph -> a folder of SystemVerilog: hand-written modules, a file a layer, the top module, and its interface."""

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from jetflow.errors import InputError
from jetflow.graph import Detect, Graph, Node
from jetflow.rtl.costs import layer_cost
from jetflow.rtl.detecting import detect_modules
from jetflow.rtl.distributed import distributed_modules
from jetflow.rtl.gating import gate_modules
from jetflow.rtl.implementation import Choices, Style, choices_from
from jetflow.rtl.layers import layer_datapath, layer_modules
from jetflow.rtl.multiplied_modules import multiplied_modules
from jetflow.rtl.order import StreamOrder
from jetflow.rtl.plan import Layer, Plan, make_plan
from jetflow.rtl.queues import queues
from jetflow.rtl.serial import serial_modules
from jetflow.rtl.sources import hand_written
from jetflow.rtl.top import lane_bits, top_module

__all__ = ["Design", "modules_of", "open_design", "write_design"]

INTERFACE = "interface.json"


@dataclass(frozen=True, eq=False)
class Design:
    """A written design: its folder and the plan of its layers."""

    folder: Path
    plan: Plan

    @property
    def sources(self) -> tuple[Path, ...]:
        """Every SystemVerilog file, in order of the names."""
        return tuple(sorted(self.folder.glob("*.sv")))


def write_design(
    graph: Graph, folder: Path, cache: Path, choices: Choices | None = None, pixels_per_clock: int = 1
) -> Design:
    """Write the design of `graph` into `folder`; a design there is replaced. `cache`: solved adder graphs.

    `choices`: how layers are implemented, by name; the others are unrolled. `pixels_per_clock`: pixels of a column
    that a beat of the input holds, a power of two.

    Raises InputError for a node without a block and for a full disk, MissingToolError without alkaid.
    """
    plan = make_plan(graph, choices, pixels_per_clock)
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for path in hand_written():
            shutil.copyfile(path, part / path.name)
        # spawned, not forked: the caller may have TensorFlow's threads
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            largest = sorted(plan.layers, key=_effort, reverse=True)
            for modules in pool.map(partial(modules_of, graph, cache=cache), largest):
                for name, text in modules.items():
                    (part / f"{name}.sv").write_text(text)
            waiting = queues(plan, _pipelines(plan, pool, cache)) if plan.joins else {}
        (part / f"{plan.top}.sv").write_text(top_module(plan, waiting))
        (part / INTERFACE).write_text(json.dumps(_interface(plan), indent=1) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror or error}); free space or choose another --out"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Design(folder, plan)


def open_design(graph: Graph, folder: Path) -> Design:
    """The design of `graph` that write_design wrote into `folder`. Raises InputError where it is missing or damaged."""
    try:
        content = json.loads((folder / INTERFACE).read_text())
        plan = make_plan(graph, choices_from(content["implementations"]), int(content["pixels_per_clock"]))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"{folder / INTERFACE}: missing or damaged: run `jetflow build --flow rtl` again") from error
    if not (folder / f"{plan.top}.sv").is_file():
        raise InputError(f"{folder}: holds no design of {plan.top}: run `jetflow build --flow rtl` to make it")
    return Design(folder, plan)


def _pipelines(plan: Plan, pool: ProcessPoolExecutor, cache: Path) -> dict[str, int]:
    """Clocks through every layer behind its window or pool."""
    costs = pool.map(partial(layer_cost, plan.graph, cache=cache), plan.layers)
    return {layer.name: depth for layer, (_, depth) in zip(plan.layers, costs, strict=True)}


def _effort(layer: Layer) -> int:
    return layer.window.kernel.size if layer.window else 0


def modules_of(graph: Graph, layer: Layer, cache: Path) -> dict[str, str]:
    """The SystemVerilog of a layer by module name."""
    if isinstance(layer.front, Detect):
        return detect_modules(graph, layer)
    if layer.inner:
        return gate_modules(graph, layer, cache)
    if layer.implementation.style is Style.SERIAL:
        return serial_modules(graph, layer, cache)
    if layer.implementation.style is Style.DISTRIBUTED:
        return distributed_modules(graph, layer, cache)
    if layer.implementation.style is Style.MULTIPLIED:
        return multiplied_modules(graph, layer)
    return layer_modules(graph, layer, layer_datapath(graph, layer, cache))


def _interface(plan: Plan) -> dict[str, object]:
    """What a reader of the streams must know, for interface.json."""
    image, outputs = plan.graph.input, plan.graph.outputs
    orders: dict[str, tuple[Node, StreamOrder]] = {"s_axis": (image, plan.input_order)}
    orders |= {f"m_axis_{output.name}": (output, plan.output(output.name).leaving) for output in outputs}
    return {
        "top": plan.top,
        "pixels_per_clock": plan.pixels_per_clock,
        "implementations": {layer.name: asdict(layer.implementation) for layer in plan.layers},
        "streams": {
            name: {"shape": node.shape, "format": asdict(node.format), "lane_bits": lane_bits(node.format)}
            | {"order": "column by column", "first_column": order.first, "pixels_per_beat": order.lanes}
            for name, (node, order) in orders.items()
        },
    }
