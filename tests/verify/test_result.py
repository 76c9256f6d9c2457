"""verify.json, the lines that name a difference, and JUnit XML."""

import json
from pathlib import Path

import numpy as np
import pytest
from junitparser import JUnitXml

from jetflow.graph import FixedPoint, Graph, GraphBuilder
from jetflow.graph.comparison import SimulationResult, compare
from jetflow.verify import read_result
from jetflow.verify.junit import write_junit
from jetflow.verify.result import as_json, describe, write_result


@pytest.fixture
def graph() -> Graph:
    builder = GraphBuilder("two")
    x = builder.requantise(builder.input("image", (2, 3, 2), FixedPoint(False, 8, 0)), "head", FixedPoint(True, 6, 0))
    builder.output(x, "out")
    return builder.graph()


def result(found_offset: int) -> SimulationResult:
    """Two events; word (event 1, row 0, column 2, channel 1) is off by `found_offset`."""
    expected = np.arange(24).reshape(2, 2, 3, 2)
    found = expected.copy()
    found[1, 0, 2, 1] += found_offset
    return SimulationResult(2, (compare("image", expected, expected), compare("head", expected, found)))


def test_equal_results_are_exact(graph: Graph) -> None:
    content = as_json({"csim": result(0)}, frozenset({"csim"}))
    assert content["exact"] is True
    assert (content["events"], content["words"], content["differing"], content["first"]) == (2, 48, 0, None)


def test_a_difference_is_named_and_its_bits_too(graph: Graph) -> None:
    content = as_json({"csim": result(0), "stress": result(4)}, frozenset({"csim"}))
    assert content["exact"] is False
    assert content["differing"] == 1
    assert content["comparisons"]["csim"]["exact"] is True
    assert content["first"] == {
        "node": "head",
        "event": 1,
        "row": 0,
        "column": 2,
        "channel": 1,
        "expected": 17,
        "found": 21,
    }
    assert describe(graph, result(4).nodes[1]) == (
        "head: 1 of 24 words differ, first in event 1, row 0, column 2, channel 1: expected 17, found 21, bits 2"
    )


def test_a_value_outside_the_format_is_marked(graph: Graph) -> None:
    assert describe(graph, result(47).nodes[1]).endswith("found 64, bits 0,4,*")


def test_the_smallest_comparison_on_real_events_counts(graph: Graph) -> None:
    traced = SimulationResult(2, result(0).nodes * 2)
    stress = SimulationResult(1, result(0).nodes[:1])
    content = as_json({"rtl": traced, "csim": result(0), "stress": stress}, frozenset({"csim", "rtl"}))
    assert (content["events"], content["words"]) == (2, 48)


def test_round_trip_and_damage(tmp_path: Path) -> None:
    assert read_result(tmp_path) == {}
    content = as_json({"csim": result(0)}, frozenset({"csim"}))
    write_result(tmp_path, content)
    assert read_result(tmp_path) == json.loads(json.dumps(content))
    (tmp_path / "verify.json").write_text('{"schema": "jet')
    assert read_result(tmp_path) == {}


def test_junit_has_a_case_a_node_and_one_failure(graph: Graph, tmp_path: Path) -> None:
    write_junit(tmp_path / "verify.xml", graph, {"csim": result(0), "stress": result(4)})
    suites = list(JUnitXml.fromfile(str(tmp_path / "verify.xml")))
    assert [(suite.name, suite.tests, suite.failures) for suite in suites] == [("csim", 2, 0), ("stress", 2, 1)]
    failed = [case for suite in suites for case in suite if case.result]
    assert [case.name for case in failed] == ["head"]
    assert "expected 17, found 21" in failed[0].result[0].message
