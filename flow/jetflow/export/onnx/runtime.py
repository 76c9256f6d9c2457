"""Runs an exported model, with ONNX Runtime or with QONNX's executor, and compares it with the reference."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from jetflow.errors import InputError, ToolError
from jetflow.graph import Graph, expected_words
from jetflow.graph.comparison import NodeResult, SimulationResult, compare, merge

__all__ = ["Runner", "check_onnx", "onnx_runner", "qonnx_runner"]

Integers = NDArray[np.integer[Any]]
Floats = NDArray[np.float32]
Runner = Callable[[Floats], dict[str, Floats]]  # images -> tensors by name, (events, channels, rows, columns)
Progress = Callable[[int], None]

_BATCH = 8


def onnx_runner(path: Path, names: Iterable[str], threads: int = 0, optimised: bool = True) -> Runner:
    """Runs the model at `path` with ONNX Runtime on the CPU and returns the tensors `names`.

    `threads`: 0 for one a core. `optimised`: with the graph changes that ONNX Runtime makes by itself. Raises ToolError
    where the model does not load or lacks a tensor.
    """
    import onnxruntime

    model, wanted = _load(path), list(names)
    _expose(model, wanted)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = threads
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base
        raise ToolError(f"{path}: ONNX Runtime refuses it ({_short(error)}): build again") from error
    source = session.get_inputs()[0].name

    def run(images: Floats) -> dict[str, Floats]:
        try:
            found = session.run(wanted, {source: images})
        except Exception as error:
            raise ToolError(f"{path}: ONNX Runtime fails on it ({_short(error)}): build again") from error
        return dict(zip(wanted, found, strict=True))

    return run


def qonnx_runner(path: Path, names: Iterable[str]) -> Runner:
    """As onnx_runner, with QONNX's executor: node by node, an event at a time, so slow."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx

    model, wanted = ModelWrapper(_load(path)), list(names)
    source = model.graph.input[0].name

    def event(image: Floats) -> dict[str, Floats]:
        tensors = execute_onnx(model, {source: image[None].copy()}, True)  # all of them: a GB at full size
        return {name: tensors[name] for name in wanted}

    def run(images: Floats) -> dict[str, Floats]:
        try:
            events = [event(image) for image in images]
            return {name: np.concatenate([found[name] for found in events]) for name in wanted}
        except Exception as error:  # plain Exceptions and asserts of QONNX, and what ONNX Runtime raises below it
            raise ToolError(f"{path}: QONNX's executor fails on it ({_short(error)}): build again") from error

    return run


def check_onnx(
    graph: Graph, runner: Runner, names: Iterable[str], images: Integers, progress: Progress | None = None
) -> SimulationResult:
    """Compare the tensors `names` that `runner` gives with the reference, on `images`, mantissas (events, rows,
    columns, channels).

    `progress` is called with the number of events since its last call. Raises InputError for images that do not fit.
    """
    wanted, parts = list(names), []
    for start in range(0, len(images), _BATCH):
        part = images[start : start + _BATCH]
        try:
            expected = expected_words(graph, part, wanted)
        except ValueError as error:
            raise InputError(f"{error}: these images do not fit the model") from error
        found = runner(np.ascontiguousarray((part * graph.input.format.lsb).astype(np.float32).transpose(0, 3, 1, 2)))
        parts.append([_compare(graph, name, expected[name], found[name], start) for name in wanted])
        if progress is not None:
            progress(len(part))
    return SimulationResult(len(images), tuple(merge(results) for results in zip(*parts, strict=True)))


def _compare(graph: Graph, name: str, expected: Integers, found: Floats, first_event: int) -> NodeResult:
    values = np.ldexp(found.astype(np.float64), graph[name].format.fraction)
    if values.ndim != 4 or values.transpose(0, 2, 3, 1).shape != expected.shape:
        raise ToolError(f"{name}: the model gives shape {found.shape} for {expected.shape}: build again")
    return compare(name, expected, _integers(values.transpose(0, 2, 3, 1), expected), first_event)


def _integers(values: NDArray[np.float64], expected: Integers) -> Integers:
    """`values` as integers; one that is none is rounded away from what is expected, so that it still differs."""
    away = np.where(values > expected, np.ceil(values), np.floor(values))
    limit = float(1 << 62)
    return np.nan_to_num(away, nan=limit, posinf=limit, neginf=-limit).clip(-limit, limit).astype(np.int64)


def _load(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found: run `jetflow build` to make it") from error
    except Exception as error:  # the parser's error, of protobuf's own package
        raise InputError(f"{path}: damaged ({_short(error)}): build again") from error


def _expose(model: onnx.ModelProto, names: list[str]) -> None:
    """Make the tensors `names` outputs of `model`."""
    present = {output.name for output in model.graph.output}
    for name in names:
        if name not in present:
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))


def _short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
