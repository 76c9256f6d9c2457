"""Wrapping once and cropping once is circular padding in every convolution, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.networks.backend import keras, tf
from jetflow.networks.layers import ChannelPReLU, CropPhi, ScaleBias, WrapPhi

seeds = st.integers(0, 2**32 - 1)


def same(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return tf.nn.conv2d(x, kernel, 1, "SAME").numpy()


def circular(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A 3 x 3 convolution: zero beyond eta, the other side beyond phi."""
    x = np.pad(np.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0))), ((0, 0), (0, 0), (1, 1), (0, 0)), mode="wrap")
    return tf.nn.conv2d(x, kernel, 1, "VALID").numpy()


@settings(max_examples=30)
@given(seeds, st.integers(1, 3), st.integers(4, 8))
def test_wrap_convolve_crop_is_circular(seed: int, convolutions: int, columns: int) -> None:
    """On integers, where float32 is exact; a nonlinearity between the convolutions does not matter."""
    random = np.random.default_rng(seed)
    expected = image = random.integers(-8, 9, (2, 4, columns, 2)).astype(np.float32)
    x = WrapPhi(convolutions)(image)
    for _ in range(convolutions):
        kernel = random.integers(-1, 2, (3, 3, 2, 2)).astype(np.float32)
        x, expected = np.maximum(same(x, kernel), -3), np.maximum(circular(expected, kernel), -3)
    assert np.array_equal(CropPhi(convolutions)(x).numpy(), expected)


def test_one_column_too_few_is_not_circular() -> None:
    random = np.random.default_rng(0)
    image = random.integers(-8, 9, (1, 4, 6, 2)).astype(np.float32)
    kernels = random.integers(-1, 2, (2, 3, 3, 2, 2)).astype(np.float32)
    found = CropPhi(1)(same(same(WrapPhi(1)(image), kernels[0]), kernels[1])).numpy()
    assert not np.array_equal(found, circular(circular(image, kernels[0]), kernels[1]))


def test_wrap_by_hand() -> None:
    row = np.arange(4, dtype=np.float32).reshape(1, 1, 4, 1)
    wrapped = WrapPhi(2)(row)
    assert wrapped.numpy().ravel().tolist() == [2, 3, 0, 1, 2, 3, 0, 1]
    assert CropPhi(2)(wrapped).numpy().ravel().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "layer", [WrapPhi(2), CropPhi(1), ChannelPReLU(4), ScaleBias(True, 8, 5)], ids=lambda layer: type(layer).__name__
)
def test_layers_keep_their_arguments(layer: keras.layers.Layer) -> None:
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
