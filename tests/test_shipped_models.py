"""The models that come with jetflow: their weights, their cards, and that Keras and the integer graph agree."""

import json
from pathlib import Path

import numpy as np
import pytest

from jetflow.events import load_counts
from jetflow.graph import predict
from jetflow.model import MODELS, find_model, model_names
from jetflow.size import model_size
from jetflow.training.record import read_record

TRAINED = [name for name in model_names() if (MODELS / name / "twn.npz").exists()]
MEASURED = [name for name in TRAINED if (MODELS / name / "metrics.json").exists()]
LARGE = 1e9  # multiply-accumulates from which the reference takes a minute for a few images


def images_to_compare(name: str) -> object:
    """A model and how many images the reference can be asked for; of a large one, one a night."""
    large = model_size(find_model(name).config)["macs"] > LARGE
    return pytest.param(name, 1, marks=pytest.mark.nightly) if large else (name, 16)


@pytest.mark.parametrize(("name", "images"), [images_to_compare(name) for name in TRAINED])
def test_keras_and_the_reference_agree_on_real_events(name: str, images: int, sample: Path) -> None:
    model = find_model(name)
    config, graph, network = model.config, model.graph("twn"), model.network("twn")
    entry = config.input
    counts = load_counts(sample, entry.channels, entry.shape, entry.lsb_gev, entry.bits, 100, 100 + images)
    heads = network(counts.astype(np.float32) * np.float32(config.input.fixed_point().lsb), training=False)
    for (head, expected), found in zip(predict(graph, counts).items(), heads, strict=True):
        assert np.array_equal(expected, found.numpy() * 2.0 ** graph[head].format.fraction), head


@pytest.mark.parametrize("name", sorted(set(TRAINED) - set(MEASURED)))
def test_the_card_says_that_nothing_was_measured(name: str) -> None:
    assert "AP has not been measured" in (MODELS / name / "README.md").read_text()


@pytest.mark.parametrize("name", MEASURED)
def test_the_card_says_what_was_measured(name: str) -> None:
    model = find_model(name)
    card = (model.folder / "README.md").read_text()
    metrics = json.loads((model.folder / "metrics.json").read_text())
    record = read_record(model.folder)
    for precision in ("fpn", "twn"):
        figures = metrics[precision]
        assert figures["train_events"] == record.train_events
        assert figures["steps"] == record.steps(precision)
        row = next(line for line in card.splitlines() if line.startswith(f"| {precision} |"))
        for key in ("mean_ap", "mean_area_ap"):
            assert f"{figures[key]:.3f} ± {figures[f'{key}_error']:.3f}" in row
    difference = metrics["twn"]["difference"]
    assert f"{difference['mean_area_ap']:+.4f} ± {difference['error']:.4f}" in card
    assert f"{model_size(model.config)['parameters']:,} parameters" in card
