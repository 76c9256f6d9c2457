"""Quantisers: what Keras computes is what the integer graph computes, exactly; gradients pass straight through."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from jetflow.graph import FixedPoint, Overflow, Rounding, requantise
from jetflow.networks.backend import QConv2D, QDepthwiseConv2D, keras, tf
from jetflow.networks.layers import MANTISSA, ChannelPReLU, ScaleBias
from jetflow.networks.quantisers import FixedPointActivation, FixedPointWeights, TernaryWeights, straight_through, twn

seeds = st.integers(0, 2**32 - 1)


def channel(*weights: float) -> np.ndarray:
    """A kernel (1, n, 1, 1) of one output channel."""
    return np.array(weights, np.float32).reshape(1, -1, 1, 1)


def built(layer: Any, channels: int) -> Any:
    """`layer` with its weights made, for (events, channels)."""
    layer(tf.zeros((1, channels)))
    return layer


def gradient(function: object, x: np.ndarray) -> np.ndarray:
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(function(variable))  # type: ignore[operator]
    return np.asarray(tape.gradient(total, variable))


def test_twn_by_hand() -> None:
    """mean|w| of the first channel is 0.5, delta 0.35: -0.34 does not survive. Delta of the second is 0.175."""
    first, second = [0.7, -0.9, 0.36, 0.2, -0.34, 0.5], [0.1, -0.2, 0.3, 0.2, 0.5, -0.2]
    kernel = np.stack([first, second], -1).astype(np.float32).reshape(2, 3, 1, 2)
    ternary, alpha = twn(tf.constant(kernel))
    assert ternary.numpy()[..., 0].ravel().tolist() == [1, -1, 1, 0, 0, 1]
    assert ternary.numpy()[..., 1].ravel().tolist() == [0, -1, 1, 1, 1, -1]
    assert alpha.numpy().shape == (1, 1, 1, 2)
    assert alpha.numpy().ravel() == pytest.approx([(0.7 + 0.9 + 0.36 + 0.5) / 4, (0.2 + 0.3 + 0.2 + 0.5 + 0.2) / 5])


@given(seeds, st.sampled_from([((3, 3, 4, 5), False), ((1, 1, 6, 2), False), ((3, 3, 7, 1), True)]))
def test_twn_equals_numpy(seed: int, case: tuple[tuple[int, ...], bool]) -> None:
    """Channel by channel from the definition, in float64; a depthwise kernel's channels are its third axis."""
    shape, depthwise = case
    kernel = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    ternary, alpha = twn(tf.constant(kernel), depthwise)
    axis = 2 if depthwise else 3
    for c in range(shape[axis]):
        w, t = (np.take(np.asarray(values, np.float64), c, axis) for values in (kernel, ternary))
        delta = 0.7 * abs(w).mean()
        assert np.array_equal(t, np.sign(w) * (abs(w) > delta))
        assert np.take(alpha, c, axis).item() == pytest.approx(abs(w)[abs(w) > delta].mean(), rel=1e-5)


def test_twn_of_nothing_is_nothing() -> None:
    ternary, alpha = twn(tf.zeros((3, 3, 2, 4)))
    assert not ternary.numpy().any()
    assert not alpha.numpy().any()


def test_twn_takes_its_threshold_from_each_output_channel() -> None:
    """A channel a thousand times smaller has the same pattern."""
    random = np.random.default_rng(0)
    kernel = random.normal(size=(3, 3, 4, 1)).astype(np.float32)
    ternary, alpha = twn(tf.constant(np.concatenate([kernel, kernel * np.float32(2**-10)], -1)))
    assert np.array_equal(ternary[..., 0], ternary[..., 1])
    assert alpha[0, 0, 0, 0] == alpha[0, 0, 0, 1] * 2**10


@pytest.mark.parametrize("scaled", [True, False])
def test_ternary_weights(scaled: bool) -> None:
    kernel = channel(0.7, -0.9, 0.1, 0.3)
    found = TernaryWeights(scaled)(tf.constant(kernel)).numpy().ravel()
    assert found.tolist() == pytest.approx([0.8, -0.8, 0, 0] if scaled else [1, -1, 0, 0])
    assert (gradient(TernaryWeights(scaled), kernel) == 1).all()


@given(*[st.floats(-(2.0**99), 2.0**99, width=32, allow_subnormal=False)] * 2)
def test_straight_through_is_exact(x: float, quantised: float) -> None:
    """x + (q - x) would round."""
    found = straight_through(tf.constant(x, tf.float32), tf.constant(quantised, tf.float32))
    assert float(found) == quantised


def test_straight_through_has_the_gradient_of_x() -> None:
    assert gradient(lambda x: straight_through(x, tf.round(x) * 7), np.float32([0.3, 1.7])).tolist() == [1, 1]


@settings(max_examples=200)
@given(st.booleans(), st.integers(2, 16), st.integers(-8, 20), st.integers(-4, 24), seeds)
@example(True, 16, 8, 16, 0)
@example(False, 16, 0, 8, 0)
def test_activation_is_the_graphs_requantise(
    signed: bool, bits: int, fraction: int, given_fraction: int, seed: int
) -> None:
    """For mantissas of `given_fraction` fractional bits that float32 holds, ties and both ends included."""
    assume(given_fraction + bits - fraction <= 24)
    target = FixedPoint(signed, bits, fraction)
    random = np.random.default_rng(seed)
    step = given_fraction - fraction
    edges = [
        int(np.ldexp(float(end), step)) + offset
        for end in (target.minimum, target.minimum - 0.5, target.maximum, target.maximum + 0.5, 0, 0.5, -0.5, 1.5)
        for offset in (-1, 0, 1)
    ]
    limit = 2 ** min(max(bits + step + 1, 1), 24)
    mantissas = np.concatenate([random.integers(-limit, limit, 400), edges])
    mantissas = mantissas[abs(mantissas) < 2**24]
    values = np.ldexp(mantissas.astype(np.float64), -given_fraction).astype(np.float32)
    found = FixedPointActivation(signed, bits, fraction)(tf.constant(values)).numpy()
    expected = requantise(mantissas, given_fraction, target, Rounding.RND, Overflow.SAT)
    assert np.array_equal(np.ldexp(found.astype(np.float64), fraction), expected)


@pytest.mark.parametrize("signed", [True, False])
def test_activation_gradient_ends_with_the_range(signed: bool) -> None:
    """fixed<4,3>: -4 to 3.5; ufixed<4,3>: 0 to 7.5."""
    low, high = (-4.0, 3.5) if signed else (0.0, 7.5)
    values = np.float32([low - 1, low - 0.01, low + 0.01, 0.26, high - 0.01, high + 0.01, high + 5])
    expected = [0, 0, 1, 1, 1, 0, 0]
    assert gradient(FixedPointActivation(signed, 4, 1), values).tolist() == expected


@settings(max_examples=50)
@given(seeds, st.integers(2, 8), st.integers(-3, 12))
def test_weights_lie_on_their_grid(seed: int, bits: int, fraction: int) -> None:
    kernel = np.random.default_rng(seed).normal(0, 2.0 ** (bits - fraction - 2), (3, 3, 2, 2)).astype(np.float32)
    found = np.ldexp(FixedPointWeights(bits, fraction)(tf.constant(kernel)).numpy().astype(np.float64), fraction)
    assert np.array_equal(found, np.rint(found))
    assert abs(found).max() <= 2 ** (bits - 1) - 1
    inside = abs(np.ldexp(kernel, fraction)) <= 2 ** (bits - 1) - 1
    assert (abs(found - np.ldexp(kernel, fraction))[inside] <= 0.5).all()


def test_free_weights_keep_their_largest() -> None:
    """Without a fraction the largest weight is 127 steps."""
    kernel = channel(0.5, -1.27, 0.004, 0.016)
    found = FixedPointWeights()(tf.constant(kernel)).numpy().ravel()
    assert found == pytest.approx([0.5, -1.27, 0.0, 0.02], abs=1e-6)
    assert (gradient(FixedPointWeights(), kernel) == 1).all()


@given(st.floats(2**-18, 2**10))
def test_fraction_uses_the_range_and_does_not_saturate(largest: float) -> None:
    fraction = FixedPointWeights.fraction_for(largest)
    assert round(largest * 2.0**fraction) <= 127
    assert largest * 2.0 ** (fraction + 1) >= 127.5


@given(st.lists(st.floats(-260, 260, width=32), min_size=1, max_size=20), st.integers(0, 20))
@example([31.49, 31.5, 62.9, 63.0, -31.5, -63.0, 124.0, 126.0, 127.9, 0.0], 0)
def test_scale_has_a_mantissa_of_five_bits(values: list[float], fraction: int) -> None:
    """|mantissa| <= 31, times 1, 2 or 4, on the grid; the nearest such value unless it is out of range."""
    values = np.array(values, np.float32)
    scale = np.ldexp(values, -fraction)
    layer = built(ScaleBias(True, fraction + 6, fraction), len(values))
    layer.scale.assign(scale)
    found = np.ldexp(layer.scales().numpy().astype(np.float64), fraction)
    allowed = np.unique([m * step for m in range(-31, 32) for step in (1, 2, 4)])
    assert np.isin(found, allowed).all()
    best = abs(values.astype(np.float64)[:, None] - allowed).min(1)
    assert np.array_equal(abs(found - values.astype(np.float64)), best)
    assert 2**MANTISSA - 1 == 31


def test_scale_and_bias_act() -> None:
    layer = built(ScaleBias(True, bias_fraction=4, scale_fraction=2), 2)
    layer.scale.assign([0.8, -1.4])
    layer.bias.assign([0.1, 0.97])
    assert layer(tf.constant([[8.0, 8.0]])).numpy().tolist() == [[6.0 + 0.125, -12.0 + 1.0]]


@given(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=8), st.integers(1, 8))
def test_slopes_lie_on_their_grid(values: list[float], fraction: int) -> None:
    layer = built(ChannelPReLU(fraction), len(values))
    layer.slope.assign(np.float32(values))
    found = layer.slopes().numpy() * 2.0**fraction
    assert np.array_equal(found, np.rint(found))
    assert (abs(found - np.clip(values, -1, 1) * 2.0**fraction) <= 0.5).all()


def test_prelu_acts() -> None:
    layer = built(ChannelPReLU(2), 2)
    layer.slope.assign([0.3, -0.5])
    assert layer(tf.constant([[-8.0, -8.0], [3.0, 0.0]])).numpy().tolist() == [[-2.0, 4.0], [3.0, 0.0]]


def test_the_gradient_of_prelu_is_that_of_its_definition() -> None:
    layer = built(ChannelPReLU(), 3)
    layer.slope.assign([0.3, -0.5, 0.0])
    x = tf.random.stateless_normal((2, 4, 5, 3), seed=(1, 2))
    upstream = tf.random.stateless_normal((2, 4, 5, 3), seed=(3, 4))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        own = tf.reduce_sum(layer(x) * upstream)
        defined = tf.reduce_sum((tf.maximum(x, 0.0) + layer.slopes() * tf.minimum(x, 0.0)) * upstream)
    for source in (x, layer.slope):
        np.testing.assert_allclose(tape.gradient(own, source), tape.gradient(defined, source), rtol=1e-5)


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize(("quantiser", "limit"), [("ternary", 1.0), ("fixed", 4.0), ("following", 5.0)])
def test_a_step_clamps_the_latent_weights(depthwise: bool, quantiser: str, limit: float) -> None:
    """The gradient is the input, 5 everywhere: a step of 1 goes from 0 to -5, where nothing clamps it."""
    made: Any = {
        "ternary": TernaryWeights(scaled=True, depthwise=depthwise),
        "fixed": FixedPointWeights(bits=8, fraction=5),  # 2**7 / 2**5
        "following": FixedPointWeights(bits=8),
    }[quantiser]
    zeros = {"use_bias": False, ("depthwise_initializer" if depthwise else "kernel_initializer"): "zeros"}
    layer = (
        QDepthwiseConv2D(1, depthwise_quantizer=made, **zeros)
        if depthwise
        else QConv2D(2, 1, kernel_quantizer=made, **zeros)
    )
    images = tf.constant(5.0, shape=(1, 1, 1, 3))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(images))
    keras.optimizers.SGD(1.0).minimize(total, layer.trainable_variables, tape=tape)
    (weights,) = layer.get_weights()
    assert np.array_equal(weights, np.full(weights.shape, -limit, np.float32))
