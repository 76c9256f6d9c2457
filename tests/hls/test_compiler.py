"""g++ runs when a source changed and only then; without it, or when it fails, the message says what to do."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import MissingToolError, ToolError
from jetflow.hls import Project, Simulation, compile_simulation, open_project, simulate

Images = Callable[..., np.ndarray]
Small = tuple[Project, Simulation]


def test_unchanged_sources_are_not_compiled_again(small: Small) -> None:
    again = compile_simulation(small[0], small[1].binary.parent)
    assert not again.fresh and again.binary == small[1].binary and again.digest == small[1].digest


def test_a_changed_source_is_compiled_again_and_a_broken_one_names_its_log(small: Small, tmp_path: Path) -> None:
    project, simulation = small
    shutil.copytree(project.folder, tmp_path / "project")
    shutil.copytree(simulation.binary.parent, tmp_path / "sim")
    copy = open_project(project.plan.graph, tmp_path / "project")
    assert not compile_simulation(copy, tmp_path / "sim").fresh
    source = copy.folder / f"{copy.top}_test.cpp"
    source.write_text(source.read_text() + "int broken(\n")
    with pytest.raises(ToolError, match=r"exit code 1: .*error.*testbench\.o\.log"):
        compile_simulation(copy, tmp_path / "sim")
    with pytest.raises(ToolError):  # the binary from before is not taken for the new one
        compile_simulation(copy, tmp_path / "sim")


def test_the_compiled_types_are_the_delivered_ones_but_for_one_volatile(small: Small) -> None:
    project, simulation = small
    delivered = (project.folder / "firmware/ap_types/etc/ap_private.h").read_text().splitlines()
    compiled = (simulation.binary.parent / "ap_types/etc/ap_private.h").read_text().splitlines()
    changed = [(old, new) for old, new in zip(delivered, compiled, strict=True) if old != new]
    assert len(changed) == 2  # up to 64 bits, and wider
    assert all(old == f"{new} volatile" for old, new in changed)


def test_a_fault_in_the_delivered_types_is_found(small: Small, images: Images, tmp_path: Path) -> None:
    """So it is the delivered header that is compiled: here with one bit too few kept."""
    project, _ = small
    shutil.copytree(project.folder, tmp_path / "project")
    copy = open_project(project.plan.graph, tmp_path / "project")
    header = copy.folder / "firmware/ap_types/etc/ap_private.h"
    text = header.read_text()
    assert text.count("64 - _AP_W % 64 : 0") > 1
    header.write_text(text.replace("64 - _AP_W % 64 : 0", "65 - _AP_W % 64 : 0", 1))
    simulation = compile_simulation(copy, tmp_path / "sim")
    assert simulation.fresh and simulate(copy, simulation, images(project.plan.graph, 2)).differing


def test_without_a_compiler_the_message_says_how_to_get_one(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"g\+\+.*apt-get install g\+\+"):
        compile_simulation(small[0], tmp_path / "sim")
