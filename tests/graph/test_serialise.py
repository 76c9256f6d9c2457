"""graph.json and its weights: what is written is read again, the same bytes each time, and damage is one clear line."""

import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding, execute, load_graph, save_graph


def coarse(builder: GraphBuilder, x: str) -> str:
    """A second map beside `x`, on a coarser grid."""
    return builder.requantise(x, "coarse", FixedPoint(True, 5, -1))


def every_node(seed: int = 0) -> Graph:
    """A graph with every node type and weights of every width."""
    random = np.random.default_rng(seed)
    builder = GraphBuilder("all")
    x = builder.input("image", (4, 6, 2), FixedPoint(False, 6, 3))
    x = builder.conv2d(
        x, "wide", random.integers(-(2**11), 2**11, (3, 3, 2, 3)), FixedPoint(True, 12, 12), (1, 1, 1, 1)
    )
    x = builder.requantise(x, "narrow", FixedPoint(True, 6, 2))
    kernel = random.integers(-1, 2, (3, 3, 3, 1))
    x = builder.conv2d(x, "conv", kernel, TERNARY, (1, 1, 1, 1), PhiPadding.CIRCULAR, (1, 1), True)
    scale, bias = random.integers(-32, 32, 3), random.integers(-(2**17), 2**17, 3)
    x = builder.scale_bias(x, "norm", scale, random.integers(0, 3, 3), bias, 5)
    x = builder.requantise(x, "scaled", FixedPoint(True, 8, 4))
    x = builder.prelu(x, "prelu", random.integers(-16, 17, 3), 4)
    pool = builder.average_pool(x, "pool", 1)
    gate = builder.requantise(builder.global_sum(pool, "sum"), "mean", FixedPoint(True, 9, 0))
    gate = builder.channel_conv(gate, "mix", random.integers(-128, 128, 3), FixedPoint(True, 8, 9))
    gate = builder.requantise(builder.hard_sigmoid(gate, "sigmoid"), "factor", FixedPoint(False, 5, 4))
    x = builder.requantise(pool, "pooled", FixedPoint(True, 8, 2))
    x = builder.requantise(builder.gate(x, gate, "gate"), "gated", FixedPoint(True, 8, 3))
    x = builder.add(x, pool, "add")
    builder.output(builder.concatenate([x, coarse(builder, x)], "both"), "y")
    builder.output(builder.detect(x, "both", "pooled", "detect", threshold=random.integers(99).item(), top=3), "boxes")
    return builder.graph()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_graph(every_node(), tmp_path)
    return tmp_path


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    graph, folder = every_node(seed), tmp_path_factory.mktemp("graph")
    save_graph(graph, folder)
    found = load_graph(folder)
    assert found.name == graph.name
    assert [type(node) for node in found] == [type(node) for node in graph]
    for a, b in zip(found, graph, strict=True):
        for field in dataclasses.fields(b):
            left, right = getattr(a, field.name), getattr(b, field.name)
            assert type(left) is type(right)
            assert np.array_equal(left, right), (b.name, field.name)
            if isinstance(right, np.ndarray):
                assert left.dtype == right.dtype == np.int64
    images = np.random.default_rng(seed).integers(0, 64, (2, 4, 6, 2))
    for name, values in execute(graph, images).items():
        assert np.array_equal(execute(found, images)[name], values)


def test_same_bytes_twice(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    save_graph(load_graph(folder), other)
    for name in ("graph.json", "graph.npz"):
        assert (folder / name).read_bytes() == (other / name).read_bytes()
    with zipfile.ZipFile(folder / "graph.npz") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}, "no time stamps"
    save_graph(every_node(1), other)
    assert (folder / "graph.npz").read_bytes() != (other / "graph.npz").read_bytes()


def refused(folder: Path) -> str:
    """The one line that load_graph gives."""
    with pytest.raises(InputError) as error:
        load_graph(folder)
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)
    return str(error.value)


def test_newer_schema(folder: Path) -> None:
    path = folder / "graph.json"
    path.write_text(path.read_text().replace("jetflow-graph-1", "jetflow-graph-2"))
    assert "'jetflow-graph-2', this jetflow reads 'jetflow-graph-1'" in refused(folder)


@pytest.mark.parametrize("name", ["graph.json", "graph.npz"])
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name}: not found: run `jetflow build`" in refused(folder)


@pytest.mark.parametrize("name", ["graph.json", "graph.npz"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"3", b"\xff\xfe", b"PK\x03\x04", b"\x93NUMPY"])
def test_foreign_file(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert str(folder / "graph.json") in refused(folder)


@pytest.mark.parametrize("name", ["graph.json", "graph.npz"])
def test_folder_in_a_files_place(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    assert str(folder / "graph.json") in refused(folder)


@pytest.mark.parametrize("name", ["graph.json", "graph.npz"])
def test_truncated_anywhere(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    for length in range(0, len(content) - 2, max(1, len(content) // 50)):
        path.write_bytes(content[:length])
        assert "graph.json" in refused(folder)


@pytest.mark.parametrize("name", ["graph.json", "graph.npz"])
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_found_or_harmless(folder: Path, name: str, data: st.DataObject) -> None:
    """A byte changed anywhere: an InputError or a graph that obeys the rules, never anything else."""
    save_graph(every_node(), folder)
    path = folder / name
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        graph = load_graph(folder)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        execute(graph, np.zeros((1, *graph.input.shape), np.int64))


@pytest.mark.parametrize(
    ("node", "key", "value"),
    [
        ("conv", "shape", [3, 6, 3]),
        ("conv", "format", {"signed": True, "bits": 4, "fraction": 2}),
        ("conv", "inputs", ["nothing"]),
        ("conv", "type", "FixedPoint"),
        ("conv", "type", "Node"),
        ("conv", "stride", [0, 1]),
        ("conv", "phi", "spiral"),
        ("norm", "inputs", []),
        ("pool", "padding", 2),
        ("scaled", "rounding", "AP_UP"),
        ("image", "name", "conv"),
        ("image", "shape", [4, 6]),
        ("y", "extra", 1),
    ],
)
def test_wrong_value_is_damage(folder: Path, node: str, key: str, value: object) -> None:
    path = folder / "graph.json"
    content = json.loads(path.read_text())
    next(item for item in content["nodes"] if item["name"] == node)[key] = value
    path.write_text(json.dumps(content))
    assert "damaged" in refused(folder)


def test_weights_of_another_shape_are_damage(folder: Path) -> None:
    with np.load(folder / "graph.npz") as file:
        arrays = dict(file)
    np.savez(folder / "graph.npz", **{**arrays, "norm/bias": arrays["norm/bias"][:2]})
    assert "damaged" in refused(folder)
    np.savez(folder / "graph.npz", **{key: array for key, array in arrays.items() if key != "norm/bias"})
    assert "norm/bias" in refused(folder)
