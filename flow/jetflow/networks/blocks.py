"""The blocks that every network is made of, in the three phases of its training."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jetflow.config import FormatConfig, NetworkConfig, Weights
from jetflow.networks.backend import QActivation, QConv2D, keras
from jetflow.networks.layers import ChannelPReLU, ScaleBias
from jetflow.networks.quantisers import FixedPointActivation, FixedPointWeights, TernaryWeights

__all__ = ["Blocks", "FoldedFormat", "Phase"]

BATCH_NORM_MOMENTUM = 0.97  # short training: the usual .99 lags behind (measured)


class Phase(StrEnum):
    """How far the network is from hardware."""

    FPN = "fpn"  # full precision
    QUANTISED = "quantised"  # quantised weights and activations, batch normalisation alive
    FOLDED = "folded"  # batch normalisation and alpha folded into quantised scales: the integer graph


@dataclass(frozen=True)
class FoldedFormat:
    """Binary points of one folded block, fixed when it is folded: of the weights, of scale and bias."""

    weights: int  # fractional bits of the kernel, 0 for ternary
    bias: int  # fractional bits of the sum after scaling
    scale: int | None  # fractional bits of the scale, None for no scale


@dataclass
class Blocks:
    """Makes blocks for one phase. `formats`: by block name, needed in the folded phase alone."""

    network: NetworkConfig
    phase: Phase
    formats: dict[str, FoldedFormat] = field(default_factory=dict)

    def conv(self, x: Any, name: str, channels: int, weights: Weights) -> Any:
        """conv 3x3 -> scale and bias -> (requantise) -> PReLU -> (requantise)."""
        x = self._convolve(x, name, channels, weights)
        if self.phase is Phase.FOLDED:
            x = self._scale_bias(x, name)
        else:
            x = keras.layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm")(x)
        x = self._requantise(x, f"{name}_scaled", self.network.scaled)
        quantised = self.phase is not Phase.FPN
        x = ChannelPReLU(self.network.slope_fraction if quantised else None, name=f"{name}_prelu")(x)
        return self._requantise(x, f"{name}_act", self.network.activation)

    def pool(self, x: Any, name: str) -> Any:
        """2 x 2 average pooling without padding."""
        x = keras.layers.AveragePooling2D(2, name=f"{name}_pool")(x)
        return self._requantise(x, f"{name}_pooled", self.network.pooled)

    def head(self, x: Any, name: str, channels: int, weights: Weights) -> Any:
        """conv 3x3 -> bias -> (requantise): one result."""
        x = self._scale_bias(self._convolve(x, name, channels, weights), name)
        return self._requantise(x, f"{name}_scaled", self.network.output)

    def _convolve(self, x: Any, name: str, channels: int, weights: Weights) -> Any:
        quantiser: Any = None
        if self.phase is not Phase.FPN:
            folded = self.phase is Phase.FOLDED
            quantiser = (
                TernaryWeights(scaled=not folded)
                if weights == "ternary"
                else FixedPointWeights(fraction=self.formats[name].weights if folded else None)
            )
        return QConv2D(
            channels,
            3,
            padding="same",
            use_bias=False,
            kernel_quantizer=quantiser,
            kernel_initializer="glorot_uniform",
            name=f"{name}_conv",
        )(x)

    def _scale_bias(self, x: Any, name: str) -> Any:
        f = self.formats[name] if self.phase is Phase.FOLDED else None
        # in full precision a head has a bias alone, and its scale is in its weights
        return ScaleBias(
            use_scale=f is not None and f.scale is not None,
            bias_fraction=f.bias if f else None,
            scale_fraction=f.scale if f else None,
            name=f"{name}_norm",
        )(x)

    def _requantise(self, x: Any, name: str, format: FormatConfig) -> Any:
        if self.phase is Phase.FPN:
            return x
        return QActivation(FixedPointActivation(format.signed, format.bits, format.fraction), name=name)(x)
