"""Choices of implementations: read back as they were written, refused where they make no sense."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder
from jetflow.rtl import UNROLLED, Implementation, Style, open_design, write_design
from jetflow.rtl.implementation import choices_from
from jetflow.rtl.plan import make_plan


def small_graph() -> Graph:
    b = GraphBuilder("small")
    x = b.input("image", (4, 5, 1), FixedPoint(False, 4, 0))
    b.output(b.conv2d(x, "conv", np.ones((1, 1, 1, 1)), TERNARY), "out")
    return b.graph()


def test_choices_are_read_back() -> None:
    chosen = {"layer_a": Implementation(Style.SERIAL, 16, 1), "layer_b": UNROLLED}
    assert choices_from({name: asdict(choice) for name, choice in chosen.items()}) == chosen


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"implementations: \[\] is no mapping from the names of layers"),
        ({"a": 1}, "a: 1: a style, clocks and digit are needed"),
        (
            {"a": {"style": "serial", "clocks": 8}},
            r"a: {'style': 'serial', 'clocks': 8}: a style, clocks and digit are",
        ),
        (
            {"a": {"style": "odd", "clocks": 1, "digit": 1}},
            "a: style: 'odd' is none of unrolled, distributed, serial, mu",
        ),
        ({"a": {"style": "serial", "clocks": 8.5, "digit": 1}}, "a: clocks: 8.5 is no whole number from 1 on"),
        ({"a": {"style": "serial", "clocks": 8, "digit": -1}}, "a: digit: -1 is no whole number from 0 on"),
    ],
)
def test_other_content_is_refused(content: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choices_from(content)


def test_a_choice_for_no_layer_is_refused() -> None:
    with pytest.raises(InputError, match="layer_else: an implementation is given for it, but small has no such layer"):
        make_plan(small_graph(), {"layer_else": UNROLLED})


def test_a_folded_layer_of_several_pixels_a_clock_is_refused() -> None:
    plan = make_plan(small_graph(), None, 2)
    folded = {plan.layers[0].name: Implementation(Style.SERIAL, 16, 1)}
    with pytest.raises(InputError, match=r"2 pixels arrive in a clock, the open RTL folds layers of one: leave it"):
        make_plan(small_graph(), folded, 2)


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_a_damaged_interface_is_refused(content: str, tmp_path: Path) -> None:
    design = write_design(small_graph(), tmp_path / "rtl", tmp_path)
    (design.folder / "interface.json").write_text(content)
    with pytest.raises(InputError, match=r"interface.json: missing or damaged"):
        open_design(small_graph(), design.folder)
