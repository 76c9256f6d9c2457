"""Comparing integers counts the words that differ and names the first one."""

import numpy as np
import pytest

from jetflow.graph.comparison import Difference, NodeResult, SimulationResult, compare


def test_equal_words_have_no_first_difference() -> None:
    words = np.arange(24).reshape(2, 2, 3, 2)
    assert compare("conv", words, words.copy()) == NodeResult("conv", 24, 0, None)


def test_the_first_difference_is_the_first_in_order() -> None:
    expected = np.arange(24).reshape(2, 2, 3, 2)
    found = expected.copy()
    found[1, 0, 2, 1] += 5
    found[1, 1, 0, 0] -= 1
    first = Difference("conv", 11, 0, 2, 1, int(expected[1, 0, 2, 1]), int(found[1, 0, 2, 1]))
    assert compare("conv", expected, found, first_event=10) == NodeResult("conv", 24, 2, first)


def test_words_of_other_shapes_are_not_compared() -> None:
    with pytest.raises(ValueError, match="conv"):
        compare("conv", np.zeros((1, 2, 2, 1)), np.zeros((1, 2, 2, 2)))


def test_a_simulation_names_the_first_node_in_graph_order() -> None:
    late, early = Difference("b", 0, 0, 0, 0, 1, 2), Difference("c", 3, 0, 0, 0, 1, 2)
    nodes = (NodeResult("a", 4, 0, None), NodeResult("b", 4, 1, late), NodeResult("c", 4, 2, early))
    assert SimulationResult(2, nodes).first == late and SimulationResult(2, nodes).differing == 3
    assert SimulationResult(2, nodes[:1]).first is None
