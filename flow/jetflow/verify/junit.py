"""The gate's result as JUnit XML, for CI systems: one test suite a comparison, one test case a node."""

from collections.abc import Mapping
from pathlib import Path

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from jetflow.atomic import atomic_path
from jetflow.graph import Graph
from jetflow.graph.comparison import SimulationResult
from jetflow.verify.result import describe

__all__ = ["write_junit"]


def write_junit(path: Path, graph: Graph, results: Mapping[str, SimulationResult]) -> None:
    """Write `path` atomically. It holds no times, so equal results give equal bytes."""
    xml = JUnitXml("jetflow verify")
    for name, result in results.items():
        suite = TestSuite(name)
        for node in result.nodes:
            case = TestCase(node.node, classname=f"{graph.name}.{name}")
            if node.first:
                case.result = [Failure(describe(graph, node), type_="difference")]
            suite.add_testcase(case)
        xml.add_testsuite(suite)
    with atomic_path(path) as part:
        xml.write(str(part), pretty=True)
