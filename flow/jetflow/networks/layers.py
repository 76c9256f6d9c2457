"""Keras layers that QKeras lacks: the wrap in phi, padded pooling, PReLU, scale and bias, all on fixed grids."""

from typing import Any

from jetflow.networks.backend import keras, tf
from jetflow.networks.quantisers import straight_through

__all__ = ["ChannelDropout", "ChannelPReLU", "CropPhi", "L2Norm", "PaddedAveragePool", "ScaleBias", "WrapPhi"]

MANTISSA = 5  # bits of a scale's magnitude; with its sign the graph's six


def _columns(x: Any, first: int, number: int) -> Any:
    """Columns first .. first + number - 1 of a map. tf.slice, because the gradient of x[...] is ten times slower."""
    return tf.slice(x, (0, 0, first, 0), (-1, -1, number, -1))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _prelu(x: Any, slope: Any) -> Any:
    """max(x, 0) + slope * min(x, 0) with one slope a channel; its own gradient saves a fifth of a training step."""
    wide = tf.reshape(x, (tf.shape(x)[0], -1))  # broadcasting over rows as short as the channels is slow
    slopes = tf.tile(slope, (tf.shape(wide)[1] // tf.shape(slope)[0],))

    def gradient(upstream: Any) -> tuple[Any, Any]:
        above = tf.reshape(upstream, tf.shape(wide))
        positive = tf.raw_ops.ReluGrad(gradients=above, features=wide)
        negative = above - positive
        by_cell = tf.reshape(tf.reduce_sum(negative * wide, axis=0), (-1, tf.shape(slope)[0]))
        return tf.reshape(positive + slopes * negative, tf.shape(x)), tf.reduce_sum(by_cell, axis=0)

    return tf.reshape(tf.maximum(wide, 0.0) + slopes * tf.minimum(wide, 0.0), tf.shape(x)), gradient


class WrapPhi(keras.layers.Layer):  # type: ignore[misc]
    """Append `margin` columns of the other side at both ends in phi.

    A stage of n convolutions with zero padding, wrapped by n once and cropped by n at its end, equals n convolutions
    with circular padding exactly, at a fraction of their cost.
    """

    def __init__(self, margin: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.margin = margin

    def call(self, x: Any) -> Any:
        """(events, eta, phi, channels) -> (events, eta, phi + 2 margin, channels)."""
        columns = x.shape[2]
        return tf.concat([_columns(x, columns - self.margin, self.margin), x, _columns(x, 0, self.margin)], axis=2)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "margin": self.margin}


class CropPhi(keras.layers.Layer):  # type: ignore[misc]
    """Drop `margin` columns at both ends in phi."""

    def __init__(self, margin: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.margin = margin

    def call(self, x: Any) -> Any:
        """(events, eta, phi, channels) -> (events, eta, phi - 2 margin, channels)."""
        return _columns(x, self.margin, x.shape[2] - 2 * self.margin)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "margin": self.margin}


class ChannelPReLU(keras.layers.Layer):  # type: ignore[misc]
    """PReLU with one slope a channel in [-1, 1]; k / 2**slope_fraction where `slope_fraction` is given.

    The papers' slopes have no limits; these fit the integer graph's formats.
    """

    def __init__(self, slope_fraction: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slope_fraction = slope_fraction

    def build(self, shape: Any) -> None:
        """One trainable slope a channel, 1/4 at the start as in the papers' code."""
        self.slope = self.add_weight(
            "slope", (shape[-1],), initializer=keras.initializers.Constant(0.25), dtype=tf.float32
        )

    def slopes(self) -> Any:
        """The slopes as they act."""
        slope = tf.clip_by_value(self.slope, -1.0, 1.0)
        if self.slope_fraction is None:
            return slope
        return straight_through(slope, tf.round(slope * 2.0**self.slope_fraction) * 2.0**-self.slope_fraction)

    def call(self, x: Any) -> Any:
        """Same shape in and out."""
        return _prelu(x, self.slopes())

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "slope_fraction": self.slope_fraction}


class ScaleBias(keras.layers.Layer):  # type: ignore[misc]
    """y = x * scale + bias per channel: folded batch normalisation and TWN alpha.

    With `bias_fraction` the bias is a multiple of 2**-bias_fraction; with `scale_fraction` the scale is a mantissa of
    five bits and a sign times a power of two, a multiple of 2**-scale_fraction and less than 2**(7 - scale_fraction).
    """

    def __init__(
        self,
        use_scale: bool,
        bias_fraction: int | None = None,
        scale_fraction: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale, self.bias_fraction, self.scale_fraction = use_scale, bias_fraction, scale_fraction

    def build(self, shape: Any) -> None:
        """Trainable scale (if used) and bias, one a channel."""
        self.bias = self.add_weight("bias", (shape[-1],), initializer="zeros", dtype=tf.float32)
        if self.use_scale:
            self.scale = self.add_weight("scale", (shape[-1],), initializer="ones", dtype=tf.float32)

    def scales(self) -> Any:
        """The scale as it acts, float32 (channels,)."""
        if self.scale_fraction is None:
            return self.scale
        mantissas = self.scale * 2.0**self.scale_fraction
        size = tf.abs(mantissas)
        # the smallest power of two with which the mantissa still has MANTISSA bits, by comparison, so exact
        step = tf.ones_like(size)
        largest = 2.0**MANTISSA - 1
        for shift in (1, 2):
            step = tf.where(size >= (largest + 0.5) * 2.0 ** (shift - 1), 2.0**shift, step)
        quantised = tf.clip_by_value(tf.round(mantissas / step), -largest, largest) * step
        return straight_through(self.scale, quantised * 2.0**-self.scale_fraction)

    def biases(self) -> Any:
        """The bias as it acts, float32 (channels,)."""
        if self.bias_fraction is None:
            return self.bias
        return straight_through(self.bias, tf.round(self.bias * 2.0**self.bias_fraction) * 2.0**-self.bias_fraction)

    def call(self, x: Any) -> Any:
        """Same shape in and out."""
        return x * self.scales() + self.biases() if self.use_scale else x + self.biases()

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        own = {"use_scale": self.use_scale, "bias_fraction": self.bias_fraction, "scale_fraction": self.scale_fraction}
        return {**super().get_config(), **own}


class PaddedAveragePool(keras.layers.Layer):  # type: ignore[misc]
    """2 x 2 average of stride 2 with a cell of zeros around the map, counted: PyTorch's AvgPool2d(2, 2, padding=1)."""

    def call(self, x: Any) -> Any:
        """(events, rows, columns, channels) -> (events, rows // 2 + 1, columns // 2 + 1, channels)."""
        return tf.nn.avg_pool2d(tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 2, 2, "VALID")


class L2Norm(keras.layers.Layer):  # type: ignore[misc]
    """Each cell's channels over their root of squares, times one learned scale a channel (start 20, as the papers).

    The root is 1e-10 at least, which the papers' code adds to it: the same for every map that is not nearly zero.
    """

    def build(self, shape: Any) -> None:
        """One trainable scale a channel."""
        self.scale = self.add_weight(
            "scale", (shape[-1],), initializer=keras.initializers.Constant(20.0), dtype=tf.float32
        )

    def call(self, x: Any) -> Any:
        """Same shape in and out."""
        return self.scale * tf.math.l2_normalize(x, axis=-1, epsilon=1e-20)


class ChannelDropout(keras.layers.Layer):  # type: ignore[misc]
    """While training, each channel of an event is zero with probability `rate`, the others grow by 1 / (1 - rate).

    Keras' SpatialDropout2D, but which channels fall follows from a count of steps among the weights: a run that was
    killed and resumed ends as one that was not.
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate

    def build(self, shape: Any) -> None:
        """The count of training steps."""
        self.step = self.add_weight(
            "step",
            (),
            initializer="zeros",
            dtype=tf.int64,
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Same shape in and out."""
        if not training:
            return x
        context = tf.distribute.get_replica_context()
        replica = 0 if context is None else context.replica_id_in_sync_group
        seed = tf.stack([self.step, tf.cast(replica, tf.int64)])
        kept = tf.random.stateless_uniform((tf.shape(x)[0], 1, 1, x.shape[-1]), seed) >= self.rate
        self.step.assign_add(1)
        return x * tf.cast(kept, x.dtype) / (1.0 - self.rate)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "rate": self.rate}
