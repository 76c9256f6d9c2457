"""The channel gate of PFJet-SSD (paper 2, section 2.3; ECA, arXiv:1910.03151)."""

from typing import Any

from jetflow.architecture import GATE_SIZE
from jetflow.networks.backend import keras, tf
from jetflow.networks.quantisers import FixedPointActivation, FixedPointWeights

__all__ = ["ChannelGate"]


class ChannelGate(keras.layers.Layer):  # type: ignore[misc]
    """Every channel times a factor between 0 and 1 that all cells of its neighbour channels decide.

    s = sum of a channel over all cells; z[c] = sum over k of w[k] s[c + k - 1] with w = kernel / cells, zero beyond
    the first and last channel; factor = clip(z / 4 + 1/2, 0, 1). The papers' code takes the logistic sigmoid, as does
    this layer if not `hard`; the hard one has its value and slope at 0 and is exact in integers.

    With `weight_bits`, w is quantised: to multiples of 2**-weight_fraction if that is given, else to steps that follow
    its largest tap; and the factor to unsigned `factor_bits` bits, factor_bits - 1 of them behind the point.
    """

    def __init__(
        self,
        weight_bits: int | None = None,
        weight_fraction: int | None = None,
        factor_bits: int = 8,
        hard: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weight_bits, self.weight_fraction, self.factor_bits = weight_bits, weight_fraction, factor_bits
        self.hard = hard
        self.weight_quantiser = self.factor_quantiser = None
        if weight_bits is not None:
            self.weight_quantiser = FixedPointWeights(weight_bits, weight_fraction)
            self.factor_quantiser = FixedPointActivation(False, factor_bits, factor_bits - 1)

    def build(self, shape: Any) -> None:
        """The trainable kernel (GATE_SIZE,)."""
        self.cells = shape[1] * shape[2]
        limit = GATE_SIZE**-0.5  # as PyTorch's Conv1d
        start = keras.initializers.RandomUniform(-limit, limit)
        self.kernel = self.add_weight("kernel", (GATE_SIZE,), initializer=start, dtype=tf.float32)

    def weights_as_used(self) -> Any:
        """w: kernel / cells, quantised where it is; float32 (GATE_SIZE,)."""
        w = self.kernel / self.cells
        return w if self.weight_quantiser is None else self.weight_quantiser(w)

    def call(self, x: Any) -> Any:
        """Same shape in and out."""
        sums = tf.reduce_sum(x, axis=(1, 2))
        z = tf.nn.conv1d(sums[..., None], self.weights_as_used()[:, None, None], 1, "SAME")[..., 0]
        factor = tf.clip_by_value(z * 0.25 + 0.5, 0.0, 1.0) if self.hard else tf.sigmoid(z)
        if self.factor_quantiser is not None:
            factor = self.factor_quantiser(factor)
        return x * factor[:, None, None]

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        own = {
            "weight_bits": self.weight_bits,
            "weight_fraction": self.weight_fraction,
            "factor_bits": self.factor_bits,
            "hard": self.hard,
        }
        return {**super().get_config(), **own}
