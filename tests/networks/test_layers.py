"""Wrapping once and cropping once is circular padding in every convolution, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.networks.backend import keras, tf
from jetflow.networks.layers import (
    ChannelDropout,
    ChannelPReLU,
    CropPhi,
    L2Norm,
    PaddedAveragePool,
    ScaleBias,
    WrapPhi,
)

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
    "layer",
    [WrapPhi(2), CropPhi(1), ChannelPReLU(4), ScaleBias(True, 8, 5), ChannelDropout(0.2)],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_keep_their_arguments(layer: keras.layers.Layer) -> None:
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@settings(max_examples=20)
@given(seeds, st.integers(1, 6), st.integers(1, 6))
def test_padded_pooling_counts_the_zeros_around(seed: int, rows: int, columns: int) -> None:
    """As PyTorch's AvgPool2d(2, 2, padding=1): (n + 2) // 2 windows, each a quarter of what it holds; exact."""
    image = np.random.default_rng(seed).integers(-8, 9, (2, rows, columns, 3)).astype(np.float32)
    found = PaddedAveragePool()(image).numpy()
    assert found.shape == (2, (rows + 2) // 2, (columns + 2) // 2, 3)
    for i in range(found.shape[1]):
        for j in range(found.shape[2]):
            window = image[:, max(0, 2 * i - 1) : 2 * i + 1, max(0, 2 * j - 1) : 2 * j + 1]
            assert np.array_equal(found[:, i, j], window.sum((1, 2)) / 4)


def test_l2_norm_by_hand() -> None:
    found = L2Norm()(tf.constant([[[[3.0, 4.0], [0.0, -2.0]]]])).numpy()
    assert found.ravel() == pytest.approx([12.0, 16.0, 0.0, -20.0])


def test_dropout_of_whole_channels() -> None:
    """A channel of an event falls as a whole, the mean stays, and the count of steps decides which."""
    layer, ones = ChannelDropout(0.25), tf.ones((64, 3, 4, 50))
    first, second = (layer(ones, training=True).numpy() for _ in range(2))
    assert (first == first[:, :1, :1]).all()
    assert set(np.unique(first)) == {0.0, np.float32(1 / 0.75)}
    assert first.mean() == pytest.approx(1.0, abs=0.05)
    assert not np.array_equal(first, second)
    layer.step.assign(0)
    assert np.array_equal(layer(ones, training=True), first)
    assert np.array_equal(layer(ones, training=False), ones)
    assert int(layer.step) == 1
