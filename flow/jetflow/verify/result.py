"""verify.json: what was compared, how much of it differs, and the first difference."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jetflow.atomic import write_text
from jetflow.graph import FixedPoint, Graph
from jetflow.graph.comparison import Difference, NodeResult, SimulationResult

__all__ = ["SCHEMA", "as_json", "describe", "read_result", "write_result"]

SCHEMA = "jetflow-verify-1"


def as_json(results: Mapping[str, SimulationResult], real: frozenset[str]) -> dict[str, Any]:
    """The content of verify.json. `real`: the comparisons that ran on events, not on stress images.

    `events` and `words` at the top are those of the smallest comparison on real events.
    """
    comparisons = {name: _entry(result) for name, result in results.items()}
    smallest = min((comparisons[name] for name in real), key=lambda entry: entry["words"])
    differing = [entry for entry in comparisons.values() if entry["first"]]
    return {
        "schema": SCHEMA,
        "exact": not differing,
        "events": smallest["events"],
        "words": smallest["words"],
        "differing": sum(entry["differing"] for entry in comparisons.values()),
        "first": differing[0]["first"] if differing else None,
        "comparisons": comparisons,
    }


def _entry(result: SimulationResult) -> dict[str, Any]:
    first = result.first
    return {
        "exact": first is None,
        "events": result.events,
        "words": sum(node.words for node in result.nodes),
        "differing": result.differing,
        "first": None if first is None else vars(first),
        "nodes": {node.node: {"words": node.words, "differing": node.differing} for node in result.nodes},
    }


def describe(graph: Graph, node: NodeResult) -> str:
    """One line on a node that differs: where first, what was expected and found, and which bits."""
    d = node.first
    if d is None:
        return f"{node.node}: {node.words} words equal"
    return (
        f"{d.node}: {node.differing} of {node.words} words differ, first in event {d.event}, row {d.row}, "
        f"column {d.column}, channel {d.channel}: expected {d.expected}, found {d.found}, "
        f"bits {differing_bits(graph[d.node].format, d)}"
    )


def differing_bits(format: FixedPoint, difference: Difference) -> str:
    """Numbers of the mantissa bits that differ, bit 0 the least significant; * for bits beyond the format."""
    changed = difference.expected ^ difference.found
    bits = [str(i) for i in range(format.bits) if changed >> i & 1]
    beyond = (difference.found < format.minimum) or (difference.found > format.maximum)
    return ",".join(bits + ["*"] * beyond)


def write_result(folder: Path, content: dict[str, Any]) -> None:
    """Write verify.json into `folder`, atomically."""
    write_text(folder / "verify.json", json.dumps(content, indent=1) + "\n")


def read_result(folder: Path) -> dict[str, Any]:
    """Content of verify.json; empty where the gate has not run or its file is damaged, so that it is run again."""
    try:
        content = json.loads((folder / "verify.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) and content.get("schema") == SCHEMA else {}
