"""graph.json and its npz of weights: versioned, and the same graph gives the same bytes."""

import dataclasses
import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from jetflow.atomic import write_text
from jetflow.errors import InputError
from jetflow.graph import nodes as node_types
from jetflow.graph.fixed_point import FixedPoint, Overflow, Rounding
from jetflow.graph.graph import Graph
from jetflow.graph.nodes import Node, PhiPadding
from jetflow.npz import write_npz

__all__ = ["SCHEMA", "graph_digest", "load_graph", "save_graph"]

SCHEMA = "jetflow-graph-1"
_WEIGHTS = "graph.npz"
_DAMAGE = (
    *(LookupError, TypeError, ValueError, AttributeError, RuntimeError, MemoryError),  # of JSON, of our types
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error),  # of the npz
)
_ENUMS = {"rounding": Rounding, "overflow": Overflow, "phi": PhiPadding}


def save_graph(graph: Graph, folder: Path) -> None:
    """Write `folder`/graph.json and graph.npz. The npz holds one array a weight field, named `node/field`."""
    nodes, arrays = [], {}
    for node in graph:
        fields = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
        for key in node.arrays:
            arrays[f"{node.name}/{key}"] = _smallest(fields.pop(key))
        nodes.append({"type": type(node).__name__, **{key: _plain(value) for key, value in fields.items()}})
    text = json.dumps({"schema": SCHEMA, "name": graph.name, "weights": _WEIGHTS, "nodes": nodes}, indent=1)
    write_npz(folder / _WEIGHTS, arrays)
    write_text(folder / "graph.json", text + "\n")


def graph_digest(graph: Graph) -> str:
    """sha256 over every field of every node, as hex digits: equal graphs have equal digests."""
    whole = hashlib.sha256(graph.name.encode())
    for node in graph:
        for field in dataclasses.fields(node):
            value = getattr(node, field.name)
            content = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            whole.update(f"{type(node).__name__} {field.name} {len(content)} ".encode() + content)
    return whole.hexdigest()


def load_graph(folder: Path) -> Graph:
    """Read what save_graph wrote. Raises InputError for a missing, foreign, newer or damaged file."""
    path = folder / "graph.json"
    try:
        content = json.loads(path.read_text(), parse_float=_refuse, parse_constant=_refuse)
        if content.get("schema") != SCHEMA:
            raise InputError(f"{path}: schema is {content.get('schema')!r}, this jetflow reads {SCHEMA!r}: build again")
        with np.load(folder / content["weights"], allow_pickle=False) as file:
            arrays = {key: file[key].astype(np.int64) for key in file.files}
        return Graph(content["name"], tuple(_node(item, arrays) for item in content["nodes"]))
    except FileNotFoundError as error:
        raise InputError(f"{error.filename}: not found: run `jetflow build` to make it") from error
    except _DAMAGE as error:
        cause = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{path}: damaged ({cause}): build again") from error


def _refuse(text: str) -> None:
    raise ValueError(f"found {text}, a graph has whole numbers alone")


def _plain(value: Any) -> Any:
    if isinstance(value, FixedPoint):
        return dataclasses.asdict(value)
    return list(value) if isinstance(value, tuple) else value


def _node(item: dict[str, Any], arrays: dict[str, np.ndarray[Any, Any]]) -> Node:
    fields = dict(item)
    kind: type[Node] = getattr(node_types, fields.pop("type"))
    for key, value in fields.items():
        if isinstance(value, dict):
            fields[key] = FixedPoint(**value)
        elif isinstance(value, list):
            fields[key] = tuple(value)
        elif key in _ENUMS:
            fields[key] = _ENUMS[key](value)
    fields |= {key: arrays[f"{item['name']}/{key}"] for key in kind.arrays}
    return kind(**fields)


def _smallest(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same integers in the narrowest signed type."""
    widest = max(abs(int(array.min())), abs(int(array.max())) + 1)
    return array.astype(next(t for t in (np.int8, np.int16, np.int32, np.int64) if widest <= -int(np.iinfo(t).min)))
