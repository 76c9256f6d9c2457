"""The comparison can fail, and names the layer where firmware and reference part."""

import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError, ToolError
from jetflow.graph import Graph
from jetflow.hls import Project, Simulation, compile_simulation, open_project, simulate, write_vectors

Images = Callable[..., np.ndarray]
Small = tuple[Project, Simulation]


def weights_of(project: Project, layer: str, kind: str) -> Path:
    """The header of a layer's weights, found by the call that hls4ml commented with the layer's name."""
    source = (project.folder / "firmware" / f"{project.top}.cpp").read_text()
    call = next(line for line in source.splitlines() if line.endswith(f"// {layer}"))
    return project.folder / "firmware" / "weights" / f"{re.findall(rf'{kind}[0-9]+', call)[-1]}.h"


def change(path: Path, replacement: Callable[[str], str | None]) -> None:
    """Replace the first value of the array in `path` for which `replacement` gives another."""
    text = path.read_text()
    head, values = text.split("{", 1)
    values, tail = values.split("}", 1)
    numbers = values.split(", ")
    place = next(i for i, number in enumerate(numbers) if replacement(number) is not None)
    numbers[place] = str(replacement(numbers[place]))
    path.write_text(f"{head}{{{', '.join(numbers)}}}{tail}")


@pytest.mark.parametrize(
    ("layer", "kind", "node", "replacement"),
    [
        ("second_conv", "w", "second_conv", lambda value: {"1": "-1", "-1": "1"}.get(value)),
        ("first_scaled", "b", "first_scaled", lambda value: str(-float(value)) if float(value) else None),
    ],
    ids=["ternary weight", "bias"],
)
def test_a_changed_constant_names_its_layer(
    layer: str, kind: str, node: str, replacement: Callable[[str], str], small: Small, images: Images, tmp_path: Path
) -> None:
    shutil.copytree(small[0].folder, tmp_path / "project")
    shutil.copytree(small[1].binary.parent, tmp_path / "sim")
    graph = small[0].plan.graph
    project = open_project(graph, tmp_path / "project")
    change(weights_of(project, layer, kind), replacement)
    simulation = compile_simulation(project, tmp_path / "sim")
    assert simulation.fresh
    result = simulate(project, simulation, images(graph, 8), trace=True, workers=2)
    assert result.first is not None and result.first.node == node
    nodes = [n.node for n in result.nodes]
    exact = [n.node for n in result.nodes[: nodes.index(node)]]
    assert exact and not any(n.differing for n in result.nodes if n.node in exact)
    assert result.first.expected != result.first.found


def test_a_wrong_reference_is_found_at_its_place(small: Small, images: Images, tmp_path: Path) -> None:
    project, simulation = small
    path, result = tmp_path / "vectors.bin", tmp_path / "result.json"
    write_vectors(project, images(project.plan.graph, 3), path)
    assert subprocess.run([simulation.binary, path, result]).returncode == 0
    vectors = bytearray(path.read_bytes())
    (last,) = struct.unpack("<i", vectors[-4:])
    vectors[-4:] = struct.pack("<i", last + 1)
    path.write_bytes(vectors)
    assert subprocess.run([simulation.binary, path, result]).returncode == 1
    rows, columns, channels = project.plan.graph.outputs[-1].shape
    text = " ".join(result.read_text().split())
    place = f'"event": 2, "row": {rows - 1}, "column": {columns - 1}, "channel": {channels - 1}'
    assert f'"differing": 1, "first": {{{place}, "expected": {last + 1}, "found": {last}}}' in text


@pytest.mark.parametrize("damage", [lambda v: b"", lambda v: b"X" + v[1:], lambda v: v[:-1], lambda v: v[:18]])
def test_damaged_vectors_end_with_code_2(
    damage: Callable[[bytes], bytes], small: Small, images: Images, tmp_path: Path
) -> None:
    path = tmp_path / "vectors.bin"
    write_vectors(small[0], images(small[0].plan.graph, 2), path)
    path.write_bytes(damage(path.read_bytes()))
    run = subprocess.run([small[1].binary, path, tmp_path / "result.json"], capture_output=True, text=True)
    assert run.returncode == 2 and "missing or damaged" in run.stderr
    assert not (tmp_path / "result.json").exists()


def test_images_that_do_not_fit_are_refused(small: Small, images: Images) -> None:
    project, simulation = small
    good = images(project.plan.graph, 4)
    for bad in (good[:0], good[:, 1:], good + 1000):
        with pytest.raises(InputError, match="images"):
            simulate(project, simulation, bad)


def test_a_simulation_that_dies_is_no_result(small: Small, images: Images, tmp_path: Path) -> None:
    script = tmp_path / "testbench"
    script.write_text("#!/bin/sh\necho broken\nexit 7\n")
    script.chmod(0o755)
    with pytest.raises(ToolError, match="exit code 7: broken"):
        simulate(small[0], Simulation(script, "", False), images(small[0].plan.graph, 3))


def test_results_do_not_depend_on_the_number_of_processes(small: Small, images: Images) -> None:
    project, simulation = small
    some, fed = images(project.plan.graph, 7), []
    results = [simulate(project, simulation, some, workers=n, progress=fed.append) for n in (1, 3, 16)]
    assert results[0] == results[1] == results[2] and sum(fed) == 3 * 7
    assert results[0].events == 7


def test_a_killed_simulation_goes_on_where_it_was(
    small: Small, images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, simulation = small
    some, fed, parts = images(project.plan.graph, 5), [], tmp_path / "parts"
    monkeypatch.setattr("jetflow.hls.csim.PART", 1.0)  # every image a part

    def kill(events: int) -> None:
        fed.append(events)
        if sum(fed) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(project, simulation, some, workers=1, progress=kill, resume=parts)
    done = {path: path.stat().st_mtime_ns for path in parts.glob("*/*.json")}
    assert 2 <= len(done) < 5
    result = simulate(project, simulation, some, workers=1, resume=parts)
    assert result == simulate(project, simulation, some)
    assert {path: path.stat().st_mtime_ns for path in done} == done and len(list(parts.glob("*/*.json"))) == 5


def test_other_images_or_another_binary_start_anew(small: Small, images: Images, tmp_path: Path) -> None:
    project, simulation = small
    some, parts = images(project.plan.graph, 2), tmp_path / "parts"
    script = tmp_path / "testbench"
    script.write_text("#!/bin/sh\nexit 7\n")
    script.chmod(0o755)
    simulate(project, simulation, some, resume=parts)
    simulate(project, Simulation(script, simulation.digest, False), some, resume=parts)  # nothing is left to run
    for other, digest in ((some[::-1], simulation.digest), (some, "another")):
        with pytest.raises(ToolError, match="exit code 7"):
            simulate(project, Simulation(script, digest, False), other, resume=parts)


def test_a_project_that_is_not_there_is_named(small: Small, tmp_path: Path) -> None:
    graph: Graph = small[0].plan.graph
    with pytest.raises(InputError, match="no firmware of small"):
        open_project(graph, tmp_path)
