"""Precision and residuals by bin, by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jetflow.config import ModelConfig
from jetflow.physics import evaluate
from jetflow.physics.binning import Axis
from jetflow.physics.profiles import precision_profile, residual_profile


def test_precision_of_two_halves(config: ModelConfig, make_labels: Any, make_detections: Any) -> None:
    """At eta < 0 every label is found before anything false; at eta > 0 a better false one stands in each event."""
    events = 40
    side = np.where(np.arange(events) % 2, 1.0, -1.0)
    labels = make_labels(events, [(i, 1, float(side[i]), 0.0, 300.0) for i in range(events)])
    found = make_detections(
        [(i, 1, 0.5, float(side[i]), 0.0) for i in range(events)]
        + [(i, 1, 0.9 if side[i] > 0 else 0.1, float(side[i]), 2.0) for i in range(events)]
    )
    evaluation = evaluate(config, found, labels)
    profile = precision_profile(evaluation, "b", labels, Axis("eta", np.array([-2.0, 0.0, 2.0, 3.0])), False)
    assert profile["value"][:2] == pytest.approx([1.0, 0.5])
    assert np.isnan(profile["value"][2])
    assert profile["error"][0] == 0
    assert profile["error"][1] < 0.1


def test_residuals(config: ModelConfig, make_labels: Any, make_detections: Any) -> None:
    """All are found 0.05 beside the label; 150 GeV for 100; too few in a bin give nothing."""
    labels = make_labels(30, [(i, 1, 0.0, 3.12, 100.0 if i < 25 else 900.0) for i in range(30)])
    found = make_detections([(i, 1, 0.9, 0.05, 3.12 - 2 * np.pi + 0.01) for i in range(30)])
    profile = residual_profile(
        evaluate(config, found, labels), "b", labels, Axis("pt", np.array([0.0, 500, 1000])), "mass"
    )
    for key in ("mean", "median"):
        assert profile["eta"][key][0] == pytest.approx(0.05)
        assert profile["phi"][key][0] == pytest.approx(0.01, abs=1e-5)
        assert profile["mass_ratio"][key][0] == pytest.approx(1.5)
        assert np.isnan(profile["eta"][key][1])
    wider = replace(found, eta=np.linspace(-0.1, 0.1, 30, dtype=np.float32))
    wide = residual_profile(evaluate(config, wider, labels), "b", labels, Axis("pt", np.array([0.0, 1000])), "mass")
    assert wide["eta"]["half_68"][0] == pytest.approx(0.068, abs=0.002)
    assert wide["eta"]["error"][0] == pytest.approx(1.2533 * wide["eta"]["half_68"][0] / np.sqrt(30), rel=1e-6)
