"""Bins, where detections stand, and Wilson's interval."""

from typing import Any

import numpy as np
import pytest

from jetflow.physics.binning import Axis, axes, place, share
from jetflow.physics.matching import match


def test_edges_belong_to_the_bin_above_and_the_last_one_is_closed() -> None:
    axis = Axis("pt", np.array([0.0, 1.0, 2.0]))
    assert axis.index(np.array([-0.1, 0.0, 0.9, 1.0, 2.0, 2.1, np.nan])).tolist() == [-1, 0, 0, 1, 1, -1, -1]


def test_bins_of_pt_hold_equally_many(make_labels: Any) -> None:
    labels = make_labels(1, [(0, 1, 0.0, 0.0, float(pt)) for pt in range(100, 900)])
    axis = axes(labels, 3.0)["pt"]
    assert np.bincount(axis.index(labels.pt)).tolist() == pytest.approx([100] * 8, abs=2)
    assert axes(make_labels(2, []), 3.0)["eta"].edges[0] == -3


def test_where_true_and_false_detections_stand(make_labels: Any, make_detections: Any) -> None:
    """Class 1 is found at eta 0.1; the false one at 1.0 is nearest to the label of the other class."""
    labels = make_labels(3, [(0, 1, 0.0, 0.0, 300.0), (0, 2, 1.2, 0.0, 500.0), (1, 2, 0.0, -3.1, 700.0)])
    found = make_detections(
        [(0, 1, 0.9, 0.1, 0.0), (0, 1, 0.8, 1.0, 0.0), (1, 1, 0.7, 0.0, 3.1), (2, 1, 0.6, 0.0, 0.0)]
    )
    m = match(found, labels, 1, 0.4)
    assert m.true.tolist() == [True, False, False, False]
    assert place(m, found, labels, "eta", False).tolist() == pytest.approx([0.0, 1.0, 0.0, 0.0])
    pt = place(m, found, labels, "pt", False)
    assert pt[:3].tolist() == [300, 500, 700]
    assert np.isnan(pt[3])  # no label in its event
    assert place(m, found, labels, "pt", True).tolist() == [300, 150, 150, 150]


def test_wilson() -> None:
    """The formula (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4 n^2)) / (1 + z^2 / n) with z = 1."""
    found = share(np.array([0, 5, 10]), np.array([10, 10, 10]))
    assert found["value"] == [0, 0.5, 1]
    for k, low, high in zip((0, 5, 10), found["low"], found["high"], strict=True):
        p, n = k / 10, 10
        half = np.sqrt(p * (1 - p) / n + 1 / (4 * n * n))
        assert (low, high) == pytest.approx(((p + 0.05 - half) / 1.1, (p + 0.05 + half) / 1.1))
    assert np.isnan(share(np.array([0]), np.array([0]))["value"]).all()
