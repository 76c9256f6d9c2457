"""The detector is a cylinder: a rotated image gives rotated heads, integer by integer."""

import numpy as np
import pytest

from jetflow.graph import predict
from jetflow.model import Model, find_model, model_names


def _wrapped() -> list[Model]:
    """The shipped models that close in phi and have ternary weights."""
    models = [find_model(name) for name in model_names()]
    return [m for m in models if m.config.network.phi == "circular" and (m.folder / "twn.npz").exists()]


@pytest.mark.parametrize("model", _wrapped(), ids=lambda model: model.config.name)
def test_rotation_by_whole_cells(model: Model) -> None:
    """By as many input columns as a cell of the last map has, once and five times: the same outputs, moved."""
    entry, random = model.config.input, np.random.default_rng(0)
    counts = np.where(random.random((3, *entry.shape)) < 0.1, random.integers(0, 1 << entry.bits, (3, *entry.shape)), 0)
    graph = model.graph("twn")
    expected = predict(graph, counts)
    pitch = entry.columns // graph.outputs[0].shape[1]
    for cells in (1, 5):
        for head, values in predict(graph, np.roll(counts, cells * pitch, axis=2)).items():
            assert len(np.unique(values)) > 2
            assert np.array_equal(values, np.roll(expected[head], cells, axis=2)), head
    by_one_column = predict(graph, np.roll(counts, 1, axis=2))
    assert any(not np.array_equal(values, expected[head]) for head, values in by_one_column.items())
