"""The models that come with jetflow: their weights, their cards, and that Keras and the integer graph agree."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from jetflow.events import load_counts
from jetflow.graph import predict
from jetflow.model import MODELS, Model, find_model, model_names
from jetflow.shipped_events import shipped_events
from jetflow.size import model_size
from jetflow.training.record import read_record

TRAINED = [name for name in model_names() if (MODELS / name / "twn.npz").exists()]
LARGE = 1e9  # multiply-accumulates: the reference takes seconds for an image of such a network


def agree(model: Model, counts: NDArray[np.int64]) -> None:
    """Assert that Keras computes the integers of the reference."""
    lsb = np.float32(model.config.input.fixed_point().lsb)
    graph, heads = model.graph("twn"), model.network("twn")(counts.astype(np.float32) * lsb, training=False)
    for (head, expected), found in zip(predict(graph, counts).items(), heads, strict=True):
        assert np.array_equal(expected, found.numpy() * 2.0 ** graph[head].format.fraction), head


@pytest.mark.parametrize("name", [name for name in TRAINED if model_size(find_model(name).config)["macs"] < LARGE])
def test_keras_and_the_reference_agree_on_real_events(name: str) -> None:
    model = find_model(name)
    entry = model.config.input
    events = shipped_events(entry.channels)
    agree(model, load_counts(events, entry.channels, entry.shape, entry.lsb_gev, entry.bits, 40, 56))


@pytest.mark.parametrize("name", [name for name in TRAINED if model_size(find_model(name).config)["macs"] >= LARGE])
def test_keras_and_the_reference_agree_at_full_size(name: str) -> None:
    """On one image of random energies: the sample has no particle flow."""
    model, random = find_model(name), np.random.default_rng(0)
    entry = model.config.input
    hit = random.random((1, *entry.shape)) < 0.05
    agree(model, np.where(hit, random.integers(0, 1 << entry.bits, hit.shape), 0))


@pytest.mark.parametrize("name", TRAINED)
def test_the_card_says_what_was_measured(name: str) -> None:
    model = find_model(name)
    card = (model.folder / "README.md").read_text()
    metrics = json.loads((model.folder / "metrics.json").read_text())
    record = read_record(model.folder)
    for precision in (p for p in ("fpn", "twn", "int8") if (model.folder / f"{p}.npz").exists()):
        figures = metrics[precision]
        assert figures["train_events"] == record.train_events
        assert figures["steps"] == record.steps(precision)
        row = next(line for line in card.splitlines() if line.startswith(f"| {precision} |"))
        for key in ("mean_ap", "mean_area_ap"):
            assert f"{figures[key]:.3f} ± {figures[f'{key}_error']:.3f}" in row
        if precision != "fpn":
            difference = figures["difference"]
            assert f"{difference['mean_area_ap']:+.4f} ± {difference['error']:.4f}" in card
    assert f"{model_size(model.config)['parameters']:,} parameters" in card
