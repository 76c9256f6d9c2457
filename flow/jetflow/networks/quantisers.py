"""Quantisers for QKeras layers: ternary and 8-bit weights, fixed-point activations, all straight-through.

Every quantised value is a dyadic rational that float32 holds exactly, so what Keras computes in float32 is what the
integer graph computes (the 24-bit rule).
"""

import math
from typing import Any

from jetflow.graph.fixed_point import FixedPoint
from jetflow.networks.backend import BaseQuantizer, tf

__all__ = ["FixedPointActivation", "FixedPointWeights", "TernaryWeights", "straight_through", "twn"]


def straight_through(x: Any, quantised: Any) -> Any:
    """`quantised` forward, exactly (x - x is 0 where x + (q - x) would round), and the gradient of `x` backward."""
    return tf.stop_gradient(quantised) + (x - tf.stop_gradient(x))


def twn(kernel: Any, depthwise: bool = False) -> tuple[Any, Any]:
    """Ternary weight network of a kernel (rows, columns, in, out), per output channel (paper 1, section 3; TWN [68]).

    delta = 0.7 mean|w|, t = sign(w) where |w| > delta else 0, alpha = mean of |w| over the survivors. A depthwise
    kernel is (rows, columns, channels, 1), one output channel for each of its third axis.
    Returns t (same shape) and alpha (1, 1, 1, out), or (1, 1, channels, 1) if `depthwise`; float32.
    """
    delta, alpha = twn_parameters(kernel, depthwise)
    return ternary(kernel, delta), alpha


def ternary(kernel: Any, delta: Any) -> Any:
    """sign(w) where |w| > delta else 0, same shape and dtype; the papers' code keeps |w| = delta as well."""
    return tf.sign(kernel) * tf.cast(tf.abs(kernel) > delta, kernel.dtype)


def twn_parameters(kernel: Any, depthwise: bool = False) -> tuple[Any, Any]:
    """Delta and alpha of a kernel as `twn` has them; both (1, 1, 1, out), or (1, 1, channels, 1) if `depthwise`."""
    axes = (0, 1) if depthwise else (0, 1, 2)
    size = tf.abs(kernel)
    delta = 0.7 * tf.reduce_mean(size, axis=axes, keepdims=True)
    survives = tf.cast(size > delta, kernel.dtype)
    alpha = tf.math.divide_no_nan(
        tf.reduce_sum(size * survives, axis=axes, keepdims=True), tf.reduce_sum(survives, axis=axes, keepdims=True)
    )
    return delta, alpha


class TernaryWeights(BaseQuantizer):  # type: ignore[misc]
    """Weights -1, 0, 1, times alpha per output channel where `scaled` (else alpha is in the layer's scale).

    Delta and alpha follow the kernel, or, where `held` is its number of output channels, stay as they were at the last
    `refresh` (paper 2, section 3: a grace period). They are no weights of the network: the latent kernel has them.
    """

    _TF_MODULE_IGNORED_PROPERTIES = frozenset(("held_delta", "held_alpha", *tf.Module._TF_MODULE_IGNORED_PROPERTIES))

    def __init__(self, scaled: bool, depthwise: bool = False, held: int | None = None) -> None:
        super().__init__()
        self.scaled, self.depthwise, self.held = scaled, depthwise, held
        self.alpha = "auto"  # tells QKeras to leave the initialiser alone
        if held is not None:
            shape = (1, 1, held, 1) if depthwise else (1, 1, 1, held)
            self.held_delta, self.held_alpha = (tf.Variable(tf.zeros(shape), trainable=False) for _ in range(2))

    def refresh(self, kernel: Any) -> None:
        """Let the held delta and alpha be those of `kernel`."""
        for variable, value in zip(
            (self.held_delta, self.held_alpha), twn_parameters(kernel, self.depthwise), strict=True
        ):
            variable.assign(value)

    def __call__(self, kernel: Any) -> Any:
        if self.held is None:
            delta, alpha = twn_parameters(kernel, self.depthwise)
        else:
            delta, alpha = self.held_delta, self.held_alpha
        values = ternary(kernel, delta)
        return straight_through(kernel, values * alpha if self.scaled else values)

    def max(self) -> float:
        """QKeras clamps the latent weights here: to [-1, 1] (paper 1)."""
        return 1.0

    def min(self) -> float:
        """The other end."""
        return -1.0

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"scaled": self.scaled, "depthwise": self.depthwise, "held": self.held}


class FixedPointWeights(BaseQuantizer):  # type: ignore[misc]
    """Signed weights of `bits` bits; their `fraction` follows the largest weight unless it is given."""

    def __init__(self, bits: int = 8, fraction: int | None = None) -> None:
        super().__init__()
        self.bits = bits
        self.fraction = fraction
        self.alpha = "auto"  # tells QKeras to leave the initialiser alone

    def __call__(self, kernel: Any) -> Any:
        limit = 2.0 ** (self.bits - 1) - 1
        if self.fraction is None:
            step = tf.stop_gradient(tf.reduce_max(tf.abs(kernel)) / limit + 1e-12)
        else:
            step = 2.0**-self.fraction
        quantised = tf.clip_by_value(tf.round(kernel / step), -limit, limit) * step
        return straight_through(kernel, quantised)

    def max(self) -> float:
        """QKeras clamps the latent weights here: no clamp while the step follows the largest weight."""
        return math.inf if self.fraction is None else 2.0 ** (self.bits - 1 - self.fraction)

    def min(self) -> float:
        """The other end."""
        return -self.max()

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"bits": self.bits, "fraction": self.fraction}

    @staticmethod
    def fraction_for(largest: float, bits: int = 8) -> int:
        """The most fractional bits with which a weight of size `largest` does not saturate."""
        return math.floor(math.log2((2 ** (bits - 1) - 0.5) / max(largest, 2.0**-20)))


class FixedPointActivation(BaseQuantizer):  # type: ignore[misc]
    """Rounds half up (AP_RND) and saturates (AP_SAT) to a fixed-point format; gradients vanish where it saturates.

    One fused TensorFlow operation, floor((clip(x) - minimum) / lsb + 1/2) * lsb + minimum: exact for inputs that obey
    the 24-bit rule, because minimum and lsb are dyadic.
    """

    def __init__(self, signed: bool, bits: int, fraction: int) -> None:
        super().__init__()
        self.format = FixedPoint(signed, bits, fraction)

    def __call__(self, x: Any) -> Any:
        f = self.format
        return tf.quantization.fake_quant_with_min_max_args(
            x, min=f.minimum * f.lsb, max=f.maximum * f.lsb, num_bits=f.bits
        )

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"signed": self.format.signed, "bits": self.format.bits, "fraction": self.format.fraction}
