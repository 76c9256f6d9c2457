"""What an exported model says, and what happens where it is damaged, changed or asked for the impossible."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from jetflow.errors import InputError, ToolError
from jetflow.export.onnx import FORMATS, check_onnx, onnx_runner, qonnx_runner, to_onnx, write_onnx
from jetflow.graph import FixedPoint, Graph, GraphBuilder

Graphs = dict[str, Callable[[], Graph]]


def kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


@pytest.fixture
def chain(graphs: Graphs) -> Graph:
    return graphs["chain"]()


@pytest.mark.parametrize("format", FORMATS)
def test_a_model_is_valid_and_says_its_grid(format: str, chain: Graph) -> None:
    model = to_onnx(chain, format)
    onnx.checker.check_model(model, full_check=format == "qdq")
    (entry,), (head,) = model.graph.input, model.graph.output
    assert (entry.name, head.name) == ("image/value", "head")
    assert entry.doc_string.startswith("ufixed<10,6>: mantissa = value * 2**4")
    assert [d.dim_value for d in entry.type.tensor_type.shape.dim][1:] == [2, 9, 11]
    names = {output for node in model.graph.node for output in node.output}
    assert {node.name for node in chain} <= names


def test_qdq_scales_are_powers_of_two_and_integers_the_narrowest(chain: Graph) -> None:
    model = to_onnx(chain, "qdq")
    constants = {c.name: onnx.numpy_helper.to_array(c) for c in model.graph.initializer}
    quantisers = [node for node in model.graph.node if node.op_type == "QuantizeLinear"]
    assert all(np.frexp(constants[node.input[1]])[0] == 0.5 for node in quantisers)
    types = {node.output[0].removesuffix("/int"): constants[node.input[2]].dtype for node in quantisers}
    assert types["image"] == np.uint16 and types["regular_act"] == np.int8 and types["uneven_act"] == np.int16
    assert constants["regular_conv/kernel/int"].dtype == np.int8
    assert not any(constants[name].dtype == np.float32 for name in constants if "kernel" in name)


def test_qonnx_names_ternary_weights_and_bipolar_ones() -> None:
    b = GraphBuilder("weights")
    x = b.input("image", (4, 4, 1), FixedPoint(False, 4, 0))
    for name, kernel in (("ternary", [1, 0, -1]), ("bipolar", [1, -1, -1])):
        b.output(b.conv2d(x, f"{name}_conv", np.array(kernel).reshape(1, 3, 1, 1), FixedPoint(True, 2, 0)), name)
    model = to_onnx(b.graph(), "qonnx")
    made = {node.output[0]: node for node in model.graph.node}
    assert made["bipolar_conv/kernel"].op_type == "BipolarQuant"
    ternary = made["ternary_conv/kernel"]
    assert ternary.op_type == "Quant"
    assert {a.name: a.i for a in ternary.attribute if a.name != "rounding_mode"} == {"signed": 1, "narrow": 1}


def test_rounding_half_to_even_needs_no_help(chain: Graph) -> None:
    """A RND_CONV is one QuantizeLinear (behind a clip); a RND adds half a unit of the finer grid first."""
    model = to_onnx(chain, "qdq")
    parts = {node.name: node.op_type for node in model.graph.node}
    assert "regular_act/settled" not in parts and parts["regular_act/clipped"] == "Clip"
    assert parts["regular_scaled/settled"] == "Add"
    assert "Floor" not in kinds(model) and "Round" not in kinds(model)


@pytest.mark.parametrize("format", FORMATS)
def test_equal_graphs_give_equal_bytes(format: str, graphs: Graphs, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_onnx(graphs["branches"](), format, tmp_path / name)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert str(tmp_path).encode() not in content


def changed(path: Path, name: str) -> None:
    """Add one to the first value of the constant `name`."""
    model = onnx.load(path)
    constant = next(c for c in model.graph.initializer if c.name == name)
    values = onnx.numpy_helper.to_array(constant).copy()
    values.flat[0] += 1
    constant.CopyFrom(onnx.numpy_helper.from_array(values, name))
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("format", "constant", "node"),
    [
        ("qdq", "regular_conv/kernel/int", "regular_conv"),
        ("qdq", "pointwise_norm/bias", "pointwise_norm"),
        ("qonnx", "depthwise_prelu/slope", "depthwise_prelu"),
    ],
)
def test_a_changed_constant_names_its_node(format: str, constant: str, node: str, chain: Graph, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    write_onnx(chain, format, path)
    changed(path, constant)
    names = [node.name for node in chain]
    runner = onnx_runner(path, names) if format == "qdq" else qonnx_runner(path, names)
    images = np.random.default_rng(0).integers(0, 1024, (3, *chain.input.shape))
    first = check_onnx(chain, runner, names, images).first
    assert first is not None and first.node == node


def test_a_value_off_the_grid_differs_and_so_does_no_number(chain: Graph) -> None:
    images = np.zeros((1, *chain.input.shape), np.int64)
    for wrong in (2.0**-9, np.nan, np.inf):
        result = check_onnx(chain, lambda x, wrong=wrong: {"image": x + np.float32(wrong)}, ["image"], images)
        assert result.differing == images.size
        assert result.first is not None and result.first.expected == 0 and result.first.found != 0


def test_damaged_and_foreign_files(chain: Graph, graphs: Graphs, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with pytest.raises(InputError, match="not found: run `jetflow build`"):
        onnx_runner(path, ["head"])
    path.write_bytes(b"no model")
    with pytest.raises(InputError, match="damaged"):
        onnx_runner(path, ["head"])
    write_onnx(graphs["branches"](), "qdq", path)
    with pytest.raises(ToolError, match="ONNX Runtime refuses it"):
        onnx_runner(path, ["head"])
    write_onnx(graphs["branches"](), "qonnx", path)
    images = np.zeros((1, *chain.input.shape), np.int64)
    with pytest.raises(ToolError, match="QONNX's executor fails"):
        check_onnx(chain, qonnx_runner(path, ["head"]), ["head"], images)


def test_what_cannot_be_written_is_refused(chain: Graph) -> None:
    with pytest.raises(InputError, match="--format tosa: not known; allowed are qdq, qonnx"):
        to_onnx(chain, "tosa")
    b = GraphBuilder("tiny")
    b.output(b.input("image", (1, 1, 1), FixedPoint(False, 4, 140)), "out")
    with pytest.raises(InputError, match="tiny: image: has no float32 form"):
        to_onnx(b.graph(), "qdq")


def test_sums_that_float32_would_round_are_refused(chain: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetflow.export.onnx.convert.EXACT_BITS", 14)  # as if a graph held wider sums than float32
    with pytest.raises(InputError, match=r"chain: regular_\w+: worst case .* hold 14 signed bits"):
        to_onnx(chain, "qdq")


def test_images_that_do_not_fit_are_refused(chain: Graph, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    write_onnx(chain, "qdq", path)
    runner = onnx_runner(path, ["head"])
    with pytest.raises(InputError, match="do not fit the model"):
        check_onnx(chain, runner, ["head"], np.full((1, *chain.input.shape), 5000))
