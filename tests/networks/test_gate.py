"""The channel gate: by hand in full precision, on its grid where it is quantised, and within the 24-bit rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.networks.backend import tf
from jetflow.networks.gate import ChannelGate


def gated(gate: ChannelGate, x: np.ndarray, kernel: list[float]) -> np.ndarray:
    gate.build((None, *x.shape[1:]))
    gate.built = True
    gate.kernel.assign(kernel)
    return gate(tf.constant(x, tf.float32)).numpy()


def test_by_hand() -> None:
    """Channel means 1, 2, -4; taps .5, -.5, 1 on the channel before, its own and the next; zero beyond the ends."""
    x = np.array([1.0, 2.0, -4.0]) * np.ones((1, 2, 2, 1))
    z = np.array([-0.5 * 1 + 2, 0.5 * 1 - 0.5 * 2 - 4, 0.5 * 2 + 0.5 * 4])
    factor = np.clip(z / 4 + 0.5, 0, 1)
    assert factor.tolist() == [0.875, 0.0, 1.0]
    assert np.array_equal(gated(ChannelGate(), x, [0.5, -0.5, 1.0])[0, 0, 0], [1.0, 2.0, -4.0] * factor)


def test_it_has_the_sigmoids_value_and_slope_at_zero() -> None:
    x = np.array([0.0, 0.0, 0.0]) * np.ones((1, 2, 2, 1))
    assert not gated(ChannelGate(), x, [1.0, 1.0, 1.0]).any()
    small = np.array([1e-3]) * np.ones((1, 2, 2, 1))
    found = gated(ChannelGate(), small, [0.0, 1.0, 0.0]) / small
    assert found == pytest.approx(tf.sigmoid(1e-3).numpy(), abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_quantised_factors_and_taps_lie_on_their_grids(seed: int) -> None:
    """Exactly what Python's integers give: sums, taps / 2**12, hard sigmoid, round half up to 7 bits, product."""
    random = np.random.default_rng(seed)
    counts = random.integers(-128, 128, (2, 3, 4, 5))
    kernel = random.uniform(-0.3, 0.3, 3).astype(np.float32)
    found = gated(ChannelGate(8, 12), counts / 16, kernel.tolist())
    taps = [int(np.clip(np.rint(w / 12 * 2.0**12), -127, 127)) for w in kernel.astype(np.float64)]
    for event in range(2):
        sums = [0, *(int(value) for value in counts[event].sum((0, 1))), 0]
        for channel in range(5):
            z = sum(tap * sums[channel + k] for k, tap in enumerate(taps))  # 16 fractional bits
            y = min(max(z + (1 << 17), 0), 1 << 18)  # 18 fractional bits
            factor = (y + (1 << 10)) >> 11  # 7 fractional bits, half up
            assert np.array_equal(found[event, ..., channel] * 2.0**11, counts[event, ..., channel] * factor)


@pytest.mark.parametrize("gate", [ChannelGate(), ChannelGate(8, 12, factor_bits=6)])
def test_it_keeps_its_arguments(gate: ChannelGate) -> None:
    assert ChannelGate.from_config(gate.get_config()).get_config() == gate.get_config()


def test_gradients_reach_kernel_and_map() -> None:
    gate = ChannelGate(8)
    x = tf.Variable(np.random.default_rng(1).normal(size=(1, 3, 3, 4)).astype(np.float32))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(gate(x) ** 2)
    for gradient in tape.gradient(total, [x, gate.kernel]):
        assert np.abs(gradient).max() > 0
