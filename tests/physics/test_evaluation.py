"""The figures of an evaluation, by hand and end to end on the committed events."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.events import Labels, open_events
from jetflow.model import find_model
from jetflow.physics import Detections, evaluate, evaluate_model, figures_table, paired_difference


def perfect(labels: Labels, keep: np.ndarray, mass: float = 1.0) -> Detections:
    """Detections that are the labels themselves, where `keep`."""
    event = np.repeat(np.arange(len(labels)), np.diff(labels.offsets))[keep]
    score = np.linspace(0.9, 0.5, len(event)).astype(np.float32)
    return Detections(event, labels.class_id[keep], score, labels.eta[keep], labels.phi[keep], labels.mass[keep] * mass)


@pytest.fixture(scope="module")
def labels(sample: Path) -> Labels:
    with open_events(sample) as file:
        return file.labels()


def test_perfect_detections(config: ModelConfig, labels: Labels) -> None:
    figures = evaluate(config, perfect(labels, np.ones(len(labels.class_id), bool), mass=1.5), labels).figures
    assert figures["mean_ap"] == 1
    assert figures["mean_area_ap"] == pytest.approx(1)
    assert figures["ap"] == dict.fromkeys(("b", "WZH", "t"), 1.0)
    assert figures["ap_iou_50"] == figures["ap"]
    assert figures["mean_ap_error"] == 0
    assert figures["mean_area_ap_error"] == pytest.approx(0)
    assert figures["events"] == 256
    for residuals in figures["residuals"].values():
        assert residuals["eta"] == residuals["phi"] == {"median": 0, "half_68": 0}
        assert residuals["mass_ratio"]["median"] == pytest.approx(1.5)


def test_half_of_them(config: ModelConfig, labels: Labels) -> None:
    """Every second jet found: area AP is the found share, and its error that of the paired difference."""
    every = np.ones(len(labels.class_id), bool)
    half = every & (np.arange(len(every)) % 2 == 0)
    first, second = (evaluate(config, perfect(labels, keep), labels) for keep in (every, half))
    for i, name in enumerate(config.classes):
        of_class = labels.class_id == i + 1
        assert second.figures["area_ap"][name] == pytest.approx(half[of_class].mean())
        assert 0 < second.figures["area_ap_error"][name] < 0.1
    difference, error = paired_difference(first, second)
    assert difference == pytest.approx(1 - second.figures["mean_area_ap"])
    assert error == pytest.approx(second.figures["mean_area_ap_error"])
    assert paired_difference(second, second) == (0, 0)


def test_a_trained_model(tiny_run: Path, sample: Path) -> None:
    """The quantised one as an integer graph, the full-precision one in Keras, and their difference."""
    model = find_model(str(tiny_run))
    figures = evaluate_model(model, "twn", sample, ["fpn"]).figures
    other = evaluate_model(model, "fpn", sample).figures
    assert figures["precision"] == "twn"
    assert set(figures["ap"]) == {"b", "WZH", "t"}
    assert all(0 <= ap <= 1 for ap in figures["ap"].values())
    assert figures["difference"]["to"] == "fpn"
    expected = figures["mean_area_ap"] - other["mean_area_ap"]
    assert figures["difference"]["mean_area_ap"] == pytest.approx(expected)
    assert figures_table(figures).row_count == 4


def test_events_of_another_grid(recipe: dict, write_recipe: object, sample: Path) -> None:
    model = find_model(str(write_recipe(recipe)))  # type: ignore[operator]
    with pytest.raises(InputError, match=r"its images are \(68, 72, 2\), input of tiny is \(8, 12, 2\)"):
        evaluate_model(model, "fpn", sample)
