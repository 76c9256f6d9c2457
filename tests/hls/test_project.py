"""What a written project holds: the same bytes everywhere, the types of the graph, our FIFOs, nothing of ours lost."""

import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError, ToolError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder
from jetflow.hls import Implementation, Project, Simulation, make_design, write_project

Graphs = dict[str, Callable[..., Graph]]
Write = Callable[..., Project]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("backend", ["vitis", "vivado"])
def test_two_projects_have_the_same_bytes(backend: str, graphs: Graphs, write: Write, tmp_path: Path) -> None:
    first = contents(write(graphs["small"](), tmp_path / "a", backend).folder)
    second = contents(write(graphs["small"](), tmp_path / "some" / "where" / "else", backend).folder)
    assert first == second
    for name, content in first.items():
        assert str(tmp_path).encode() not in content, name
        assert socket.gethostname().encode() not in content or name.startswith("firmware/ap_types"), name
    assert b"JETSIM01" in first["small_test.cpp"]


def test_another_graph_has_other_bytes(graphs: Graphs, write: Write, tmp_path: Path) -> None:
    one = contents(write(graphs["small"](seed=0), tmp_path / "a").folder)
    other = contents(write(graphs["small"](seed=1), tmp_path / "b").folder)
    assert one["firmware/weights/w3.h"] != other["firmware/weights/w3.h"]


def test_a_project_is_replaced_whole(graphs: Graphs, write: Write, tmp_path: Path) -> None:
    project = write(graphs["layers"](), tmp_path)
    (project.folder / "stray.txt").write_text("left from before")
    again = write(graphs["small"](), tmp_path)
    assert not (again.folder / "stray.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project"]


def test_types_are_those_of_the_graph(graphs: Graphs, write: Write, tmp_path: Path) -> None:
    graph = graphs["small"]()
    firmware = write(graph, tmp_path).folder / "firmware"
    types, parameters = (firmware / "defines.h").read_text(), (firmware / "parameters.h").read_text()
    assert "default" not in types and "16,6" not in types
    assert re.search(r"typedef ap_int<2> first_conv_weight_t;", types)
    conv = parameters.split("// first_conv\n")[1].split("// first_scaled")[0]
    assert "nnet::product::weight_ternary" in conv
    format = graph["first_conv"].format
    assert f"ap_fixed<{format.bits},{format.bits - format.fraction}> first_conv_accum_t" in types
    assert re.search(r"nnet::array<ap_fixed<8,3,AP_RND,AP_SAT,0>, 4\*1> layer\d+_t", types)


def test_weights_of_the_headers_are_those_of_the_graph(graphs: Graphs, write: Write, tmp_path: Path) -> None:
    graph = graphs["small"]()
    text = (write(graph, tmp_path).folder / "firmware" / "weights" / "w3.h").read_text()
    values = [int(value) for value in text.split("{")[1].split("}")[0].split(",")]
    assert values == graph["first_conv"].kernel.ravel().tolist()  # type: ignore[attr-defined]
    assert "__SYNTHESIS__" not in text  # one text for simulation and synthesis


def test_every_fifo_has_the_depth_of_the_rule(graphs: Graphs, write: Write, tmp_path: Path) -> None:
    graph = graphs["small"]()
    source = (write(graph, tmp_path).folder / "firmware" / "small.cpp").read_text()
    depths = [int(depth) for depth in re.findall(r"#pragma HLS STREAM variable=\w+ depth=(\d+)", source)]
    assert sorted(depths) == sorted(make_design(graph).depths.values())
    assert len(depths) == len(re.findall(r'hls::stream<\w+> \w+\("', source))


@pytest.mark.parametrize("source", ["small_test.cpp", "firmware/small.cpp"])
def test_the_project_is_c_plus_plus_11(source: str, small: tuple[Project, Simulation]) -> None:
    """What the vendor's C simulation compiles it as, with the weights in their headers."""
    command = ["g++", "-fsyntax-only", "-std=c++0x", "-Ifirmware/ap_types", "-I.", source]
    subprocess.run(command, cwd=small[0].folder, check=True)


def test_the_build_script_names_what_is_there(graphs: Graphs, write: Write, tmp_path: Path) -> None:
    folder = write(graphs["small"](), tmp_path).folder
    script, settings = (folder / "build_prj.tcl").read_text(), (folder / "project.tcl").read_text()
    names = dict(re.findall(r'^set (\w+) "?([^"\n]+)"?$', settings, re.MULTILINE))
    assert set(re.findall(r"\$\{?(\w+)", script)) <= set(names) | {"here", "steps", "step", "vectors"}
    for path in re.findall(r"^add_files (?:-tb )?(\S+)", script, re.MULTILINE):
        assert (folder / path.replace("${project_name}", names["project_name"])).exists(), path
    assert sorted(path.suffix for path in folder.iterdir() if path.is_file()) == sorted(
        [".cpp", ".cpp", ".h", ".h", ".tcl", ".tcl", ".yml"]
    )  # nothing of hls4ml's own simulation and bridge


def test_part_and_clock_reach_the_tool(graphs: Graphs, tmp_path: Path) -> None:
    folder = write_project(graphs["small"](), tmp_path / "p", "xcu250-figd2104-2L-e", 240.0, "vivado").folder
    text = (folder / "project.tcl").read_text()
    assert 'set part "xcu250-figd2104-2L-e"' in text and "set clock_period 4.167" in text
    assert 'set backend "vivado"' in text


def test_vivado_shares_multipliers_above_its_unroll_limit(tmp_path: Path) -> None:
    b = GraphBuilder("wide")
    x = b.input("image", (3, 8, 24), FixedPoint(False, 4, 0))
    b.output(b.conv2d(x, "conv", np.ones((3, 3, 24, 24)), TERNARY), "out")
    graph = b.graph()
    assert make_design(graph, "vitis").how == {"conv": Implementation("Latency", 1)}
    chosen = make_design(graph, "vivado").how["conv"]
    assert chosen == Implementation("Resource", 2) and 9 * 24 * 24 / chosen.reuse_factor <= 4096
    text = (write_project(graph, tmp_path / "p", "part", 200.0, "vivado").folder / "firmware/parameters.h").read_text()
    assert "static const unsigned reuse_factor = 2;" in text and "nnet::resource" in text


def test_a_back_end_or_clock_that_does_not_exist_is_refused(graphs: Graphs, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="allowed are vitis, vivado"):
        write_project(graphs["small"](), tmp_path / "p", "part", 300.0, "quartus")
    with pytest.raises(InputError, match="1 to 1000 MHz"):
        write_project(graphs["small"](), tmp_path / "p", "part", 0.0)


def test_a_folder_that_cannot_be_written_is_named(graphs: Graphs, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_project(graphs["small"](), tmp_path / "file" / "p", "part", 300.0)


@pytest.mark.parametrize("damage", ["type", "weight", "layer", "reuse"])
def test_the_check_finds_what_hls4ml_changed(damage: str, graphs: Graphs) -> None:
    from hls4ml.model.types import FixedPrecisionType

    from jetflow.hls.conversion import check, convert

    design = make_design(graphs["small"]())
    model = convert(design, "part", 300.0, "vitis")
    check(design, model)
    if damage == "type":
        model.graph["first_scaled"].get_output_variable().type.precision = FixedPrecisionType(16, 6)
    elif damage == "weight":
        model.graph["second_conv"].weights["weight"].type.precision = FixedPrecisionType(2, 2)
    elif damage == "reuse":
        model.graph["classes_conv"].set_attr("reuse_factor", 5)
    else:
        del model.graph["second_act"]
    wanted = {"type": "first_scaled", "weight": "second_conv", "layer": "second_act", "reuse": "classes_conv"}[damage]
    with pytest.raises(ToolError, match=wanted):
        check(design, model)
