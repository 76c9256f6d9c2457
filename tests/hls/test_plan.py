"""How a graph becomes hardware layers, and what is refused with the node's name."""

from collections.abc import Callable

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder
from jetflow.hls.plan import Kind, make_plan

Graphs = dict[str, Callable[..., Graph]]


def builder() -> tuple[GraphBuilder, str]:
    b = GraphBuilder("plan")
    return b, b.input("image", (4, 8, 2), FixedPoint(False, 4, 0))


def test_a_requantise_joins_the_layer_before_it(graphs: Graphs) -> None:
    plan = make_plan(graphs["small"]())
    names = [layer.name for layer in plan.layers]
    assert names[:5] == ["image", "first_conv_padding", "first_conv", "first_scaled", "first_act"]
    assert plan["pooled"].kind is Kind.POOL and plan["first_act"].kind is Kind.PRELU
    assert plan.outputs == {
        "offsets": "offsets_rounded",
        "classes": "classes_rounded",
        "regression": "regression_rounded",
    }


def test_a_requantise_that_shares_its_input_stands_alone() -> None:
    b, x = builder()
    x = b.average_pool(x, "pool")
    b.output(b.requantise(x, "narrow", FixedPoint(False, 4, 0)), "out")
    b.output(x, "exact")
    plan = make_plan(b.graph())
    assert plan["pool"].result.name == "pool" and plan["narrow"].kind is Kind.REQUANTISE
    assert [layer.name for layer in plan.with_clones().readers("clone_pool")] == ["narrow", "exact"]


def test_too_many_readers_are_refused() -> None:
    b, x = builder()
    for i in range(8):
        b.output(b.average_pool(x, f"pool{i}"), f"out{i}")
    with pytest.raises(InputError, match="image: has 8 readers, at most 7"):
        make_plan(b.graph())


@pytest.mark.parametrize(("name", "match"), [("a-b", "not a C\\+\\+ identifier"), ("IMAGE", "upper and lower case")])
def test_names_that_c_cannot_hold_are_refused(name: str, match: str) -> None:
    b, x = builder()
    b.output(b.average_pool(x, name), "out")
    with pytest.raises(InputError, match=match):
        make_plan(b.graph())


def test_an_eta_stride_that_hls4ml_ignores_is_refused() -> None:
    b, x = builder()
    b.output(b.conv2d(x, "flat", np.ones((1, 3, 2, 1)), TERNARY, stride=(2, 1)), "out")
    with pytest.raises(InputError, match="flat: hls4ml ignores the eta stride"):
        make_plan(b.graph())


def test_more_wrapped_columns_than_there_are_is_refused() -> None:
    b, x = builder()
    with pytest.raises(InputError, match="wide: pads phi by 9, more than its 8 columns"):
        b.output(b.conv2d(x, "wide", np.ones((3, 3, 2, 1)), TERNARY, (0, 0, 9, 0)), "out")
        make_plan(b.graph())
