"""Anchors: where they are, and that decoding undoes encoding with phi periodic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.checkout import CHECKOUT
from jetflow.config import load_config
from jetflow.networks import Anchors

SMALL = Anchors(rows=2, columns=4, eta=(-1.0, 1.0), size=0.8, variance=0.1)


def test_centres_by_hand() -> None:
    assert SMALL.centres[:, 0, 0].tolist() == [-0.5, 0.5]
    assert SMALL.centres[0, :, 1] == pytest.approx(np.pi * np.array([-0.75, -0.25, 0.25, 0.75]))


def test_centres_of_the_shipped_model() -> None:
    """17 x 18 cells of 4 x 4 towers of 0.087 x 2 pi / 72."""
    anchors = Anchors.of(load_config(CHECKOUT / "models" / "jetssd-tower-small" / "config.yaml"))
    assert anchors.centres.shape == (17, 18, 2)
    assert anchors.centres[8, 0] == pytest.approx([0.0, -np.pi + np.pi / 18], abs=1e-6)
    assert np.diff(anchors.centres[:, 0, 0]) == pytest.approx(4 * 0.087, rel=1e-5)
    assert np.diff(anchors.centres[0, :, 1]) == pytest.approx(4 * 2 * np.pi / 72, rel=1e-5)


@given(st.floats(-1, 1), st.floats(-np.pi, np.pi))
def test_decoding_is_the_inverse(eta: float, phi: float) -> None:
    """Each cell's offsets to one jet, the short way round in phi, decode to that jet."""
    d_phi = (phi - SMALL.centres[..., 1] + np.pi) % (2 * np.pi) - np.pi
    offsets = np.stack([eta - SMALL.centres[..., 0], d_phi], -1) / (0.1 * 0.8)
    found = SMALL.decode(offsets.astype(np.float32))
    assert found[..., 0] == pytest.approx(eta, abs=1e-5)
    assert abs((found[..., 1] - phi + np.pi) % (2 * np.pi) - np.pi).max() < 1e-5


@given(st.floats(-200, 200, width=32))
def test_decoded_phi_stays_in_its_range(offset: float) -> None:
    found = SMALL.decode(np.full((3, 2, 4, 2), offset, np.float32))[..., 1]
    assert found.min() >= np.float32(-np.pi)
    assert found.max() <= np.float32(np.pi)
