"""Graph -> a folder with the hls4ml project, our headers and our testbench: the same bytes wherever it is written."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from jetflow.errors import InputError
from jetflow.graph import Graph
from jetflow.hls.design import Design, make_design
from jetflow.hls.plan import Plan, make_plan
from jetflow.hls.sources import testbench
from jetflow.hls.testbench import generated

__all__ = ["BACKENDS", "Project", "open_project", "write_project"]

BACKENDS = ("vitis", "vivado")


@dataclass(frozen=True, eq=False)
class Project:
    """A written project: its folder, its top function, and the plan of its layers."""

    folder: Path
    plan: Plan
    backend: str

    @property
    def top(self) -> str:
        """Name of the top function."""
        return self.plan.top


def write_project(
    graph: Graph,
    folder: Path,
    part: str,
    clock_mhz: float,
    backend: str = "vitis",
    design: Design | None = None,
) -> Project:
    """Write the project of `graph` for FPGA `part` at `clock_mhz` into `folder`; a project there is replaced.

    `design`: how its layers are built and how deep its FIFOs are; default: the smallest at the input stream's rate.
    Raises InputError for an unknown back end, a clock out of range, a node that the back end lacks, a full disk.
    """
    from jetflow.hls.conversion import convert, type_names
    from jetflow.hls.writer import write

    if backend not in BACKENDS:
        raise InputError(f"backend: {backend!r} is unknown: allowed are {', '.join(BACKENDS)}")
    if not 1 <= clock_mhz <= 1000:
        raise InputError(f"clock_mhz: {clock_mhz} is out of range: 1 to 1000 MHz are allowed")
    chosen = design or make_design(graph, backend)
    plan = chosen.plan
    model = convert(chosen, part, clock_mhz, backend)
    part_folder = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part_folder, ignore_errors=True)
        part_folder.mkdir(parents=True)
        write(model, part_folder)
        shutil.copyfile(testbench(), part_folder / f"{plan.top}_test.cpp")
        for name, text in generated(plan, type_names(model)).items():
            (part_folder / name).write_text(text)
        shutil.rmtree(folder, ignore_errors=True)
        part_folder.replace(folder)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror or error}); free space or choose another --out"
        ) from error
    finally:
        shutil.rmtree(part_folder, ignore_errors=True)
    return Project(folder, plan, backend)


def open_project(graph: Graph, folder: Path, backend: str = "vitis") -> Project:
    """The project of `graph` that write_project wrote into `folder` earlier. Raises InputError where it is missing."""
    plan = make_plan(graph)
    if not (folder / "firmware" / f"{plan.top}.cpp").is_file():
        raise InputError(f"{folder}: holds no firmware of {plan.top}: run `jetflow build` to make it")
    return Project(folder, plan, backend)
