"""Yosys: what every layer, and the glue between them, is mapped to in the part's family."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping as Texts
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from jetflow.atomic import write_text
from jetflow.cache import cache_folder
from jetflow.errors import ToolError
from jetflow.graph import Graph
from jetflow.rtl.design import Design, open_design
from jetflow.rtl.packages import package_folder
from jetflow.rtl.plan import Plan
from jetflow.rtl.sources import with_parts

__all__ = ["GLUE", "Mapped", "Mapping", "map_build", "map_design", "map_module", "mapped_before", "read_mapping"]

SCHEMA = "jetflow-mapping-2"
GLUE = "glue"  # registers, forks and the guard between the layers
SYNTHESIS = "synth_xilinx -family xcup -top {top} -noiopad -noclkbuf -flatten"
# CARRY4 stands for carry chains, which UltraScale+ has as CARRY8: they are no LUTs. A RAM64X1D is two LUTs.
_LUTRAM = {"RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM32M": 4, "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8}
_LUTRAM |= {"RAM128X1S": 2, "RAM32X1S": 1, "RAM64X1S": 1, "SRL16E": 1, "SRLC16E": 1, "SRLC32E": 1}
_RAM18 = {"RAMB18E2": 1, "RAMB36E2": 2}


@dataclass(frozen=True)
class Mapped:
    """Cells of one block or of the whole design; `lut` includes LUTs used as memory. `bram18`: 18 Kb block RAMs.

    `delay_ps`: the longest path between registers as ABC9 sees it, before placement, by its table of an Artix-7's
    delays without wires: to compare one design with another, not a clock that a part would meet.
    """

    lut: int
    ff: int
    bram18: int
    uram: int
    dsp: int
    carry4: int
    delay_ps: int

    def __add__(self, other: "Mapped") -> "Mapped":
        cells = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return Mapped(**cells | {"delay_ps": max(self.delay_ps, other.delay_ps)})


@dataclass(frozen=True)
class Mapping:
    """By layer, the glue last; `version` of Yosys' package."""

    layers: dict[str, Mapped]
    version: str

    @property
    def total(self) -> Mapped:
        """The whole design, glue included."""
        return sum(self.layers.values(), Mapped(0, 0, 0, 0, 0, 0, 0))


def map_build(graph: Graph, rtl: Path, folder: Path) -> Mapping:
    """Map the design in `rtl` and write mapping.json into the build `folder`."""
    mapping = map_design(open_design(graph, rtl), cache_folder("mapped"))
    content = {"schema": SCHEMA, "version": mapping.version, "total": asdict(mapping.total)}
    content |= {"layers": {name: asdict(mapped) for name, mapped in mapping.layers.items()}}
    write_text(folder / "mapping.json", json.dumps(content, indent=1) + "\n")
    return mapping


def read_mapping(folder: Path) -> Mapping | None:
    """What map_build wrote; None where it has not run or the file is damaged."""
    try:
        content = json.loads((folder / "mapping.json").read_text())
        layers = {name: Mapped(**cells) for name, cells in content["layers"].items()}
        return Mapping(layers, content["version"]) if content["schema"] == SCHEMA else None
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def map_design(design: Design, cache: Path, workers: int | None = None) -> Mapping:
    """Map every layer and the glue of `design`, `workers` at a time (default: all cores).

    `cache`: a folder with one result a block, named by the digest of its sources. Raises MissingToolError without
    pyosys, ToolError where Yosys fails.
    """
    package_folder("pyosys")
    texts = {path.stem: path.read_text() for path in design.sources}
    blocks = {layer.name: with_parts(texts, layer.name) for layer in design.plan.layers}
    blocks[GLUE] = _glue_sources(design.plan, texts)
    tops = {name: design.plan.top if name == GLUE else name for name in blocks}
    order = sorted(blocks, key=lambda name: -sum(map(len, blocks[name])))
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        found = pool.map(
            partial(map_module, cache=cache), (tops[name] for name in order), (blocks[name] for name in order)
        )
        mapped = dict(zip(order, found, strict=True))
    return Mapping({name: mapped[name] for name in blocks}, version("pyosys"))


def _glue_sources(plan: Plan, texts: Texts[str, str]) -> list[str]:
    """The top module and what it is made of, with every layer as a black box."""
    layers = frozenset(layer.name for layer in plan.layers)
    sources = with_parts(texts, plan.top, layers)
    for name in sorted(layers):
        header = texts[name][texts[name].index("module ") : texts[name].index(");\n") + 3]
        sources.append(f"(* blackbox *)\n{header}endmodule\n")
    return sources


def mapped_before(top: str, sources: list[str], cache: Path) -> Mapped | None:
    """What map_module found earlier, if it did."""
    try:
        return _counted(**json.loads(_kept(top, sources, cache).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None  # not mapped yet, or cut off


def _kept(top: str, sources: list[str], cache: Path) -> Path:
    """By the tool and the text without comments, which change no cell."""
    key = json.dumps([version("pyosys"), SYNTHESIS, top, [re.sub(r"\s*//[^\n]*", "", text) for text in sources]])
    return cache / f"{hashlib.sha256(key.encode()).hexdigest()}.json"


def map_module(top: str, sources: list[str], cache: Path) -> Mapped:
    """Map module `top` of `sources`; `cache` and errors as in map_design."""
    if (before := mapped_before(top, sources, cache)) is not None:
        return before
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / f"{i}.sv" for i in range(len(sources))]
        for file, text in zip(files, sources, strict=True):
            file.write_text(text)
        commands = [f"read_verilog -sv {' '.join(map(str, files))}", SYNTHESIS.format(top=top)]
        commands.append(f"tee -q -o {folder / 'stat.json'} stat -json")
        log = folder / "log"
        run = subprocess.run([sys.executable, "-m", "jetflow.rtl.yosys", str(log), *commands], check=False)
        said = log.read_text(errors="replace")
        if run.returncode != 0:
            errors = [line for line in said.splitlines() if "ERROR" in line]
            raise ToolError(f"yosys: {top}: exit code {run.returncode}: {errors[0] if errors else 'no message'}")
        text = (folder / "stat.json").read_text()
        cells = json.loads(text[text.index("{") :])["design"]["num_cells_by_type"]
    delays = [int(found) for found in re.findall(r"^ABC:.* Del = *([0-9]+)", said, re.MULTILINE)]
    found = {"cells": cells, "delay_ps": delays[-1] if delays else 0}
    write_text(_kept(top, sources, cache), json.dumps(found))
    return _counted(**found)


def _counted(cells: dict[str, int], delay_ps: int) -> Mapped:
    """Yosys' cells by type, as resources."""

    def total(pattern: str) -> int:
        return sum(count for cell, count in cells.items() if re.fullmatch(pattern, cell))

    memory = sum(count * _LUTRAM[cell] for cell, count in cells.items() if cell in _LUTRAM)
    return Mapped(
        lut=total(r"LUT[1-6]") + total("INV") + memory,
        ff=total(r"FD[RSCP]E"),
        bram18=sum(count * _RAM18[cell] for cell, count in cells.items() if cell in _RAM18),
        uram=total("URAM288"),
        dsp=total(r"DSP48E[12]"),
        carry4=total("CARRY4"),
        delay_ps=delay_ps,
    )
