"""The blocks that every network is made of, in the three phases of its training."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jetflow.architecture import GATE, Architecture, Block, gate_weight_bits
from jetflow.config import FormatConfig, NetworkConfig
from jetflow.networks.backend import QActivation, QConv2D, QDepthwiseConv2D, keras, tf
from jetflow.networks.gate import ChannelGate
from jetflow.networks.layers import ChannelDropout, ChannelPReLU, L2Norm, PaddedAveragePool, ScaleBias
from jetflow.networks.quantisers import FixedPointActivation, FixedPointWeights, TernaryWeights

__all__ = ["Blocks", "FoldedFormat", "Phase"]


class Phase(StrEnum):
    """How far the network is from hardware."""

    FPN = "fpn"  # full precision
    QUANTISED = "quantised"  # quantised weights and activations, batch normalisation alive
    FOLDED = "folded"  # normalisation and alpha in quantised scales: the integer graph; ternary weights stay


@dataclass(frozen=True)
class FoldedFormat:
    """Binary points of one folded block, fixed when it is folded: of the weights, of scale and bias."""

    weights: int  # fractional bits of the kernel, 0 for ternary
    bias: int  # fractional bits of the sum after scaling
    scale: int | None  # fractional bits of the scale, None for no scale


@dataclass
class Blocks:
    """Makes layers for one phase. `formats`: by block name, needed in the folded phase alone.

    `hold`: in the quantised phase delta and alpha of ternary kernels stand still until they are refreshed.
    """

    network: NetworkConfig
    architecture: Architecture
    phase: Phase
    formats: dict[str, FoldedFormat] = field(default_factory=dict)
    hold: bool = False

    def conv(self, x: Any, block: Block) -> Any:
        """Convolution -> scale and bias -> (requantise) -> PReLU or ReLU -> (requantise)."""
        name = block.name
        x = self._convolve(x, block)
        if self.phase is Phase.FOLDED:
            x = self._scale_bias(x, name)
        else:
            shared = tf.distribute.get_strategy().num_replicas_in_sync > 1
            x = keras.layers.BatchNormalization(
                momentum=self.network.norm_momentum,
                epsilon=self.network.norm_epsilon,
                synchronized=shared,
                name=f"{name}_norm",
            )(x)
        x = self.requantise(x, f"{name}_scaled", block.scaled)
        if block.role == "first" and self.network.dropout and self.phase is not Phase.FOLDED:
            x = ChannelDropout(self.network.dropout, name=f"{name}_dropout")(x)
        if self.architecture.nonlinearity == "relu":
            x = keras.layers.ReLU(name=f"{name}_relu")(x)
        else:
            quantised = self.phase is not Phase.FPN
            x = ChannelPReLU(self.network.slope_fraction if quantised else None, name=f"{name}_prelu")(x)
        return self.requantise(x, f"{name}_act", block.activation)

    def pool(self, x: Any, name: str, format: FormatConfig) -> Any:
        """2 x 2 average pooling -> (requantise)."""
        layer = PaddedAveragePool if self.network.pool_padding else keras.layers.AveragePooling2D
        return self.requantise(layer(name=f"{name}_pool")(x), f"{name}_pooled", format)

    def join(self, maps: list[Any]) -> Any:
        """Maps of one size, in the format of activations, into the one that the heads read."""
        if self.network.join == "concatenate":
            return keras.layers.Concatenate(name="join")(maps)
        x = maps[0]
        for i, other in enumerate(maps[1:], 1):
            x = keras.layers.Add(name=f"join{i}")([x, other])
            x = self.requantise(x, f"join{i}_act", self.network.activation)
        return x

    def attend(self, x: Any, prefix: str = "") -> Any:
        """What stands between the last map and its heads: (L2 normalisation, full precision) -> (gate, requantise)."""
        if self.network.l2_norm and self.phase is Phase.FPN:
            x = L2Norm(name=f"{prefix}l2_norm")(x)
        if not self.architecture.gate:
            return x
        bits = fraction = None
        if self.phase is not Phase.FPN:
            bits = gate_weight_bits(x.shape[1] * x.shape[2], self.network.activation.bits)
        if self.phase is Phase.FOLDED:
            fraction = self.formats[GATE].weights
        hard = self.phase is not Phase.FPN or self.network.gate_function == "hard_sigmoid"
        x = ChannelGate(bits, fraction, hard=hard, name=prefix + GATE)(x)
        return self.requantise(x, f"{prefix}{GATE}_act", self.network.activation)

    def head(self, x: Any, block: Block) -> Any:
        """Convolution -> (bias) -> (requantise): one result."""
        x = self._convolve(x, block)
        if self.phase is Phase.FOLDED or self.network.head_bias:
            x = self._scale_bias(x, block.name)
        return self.requantise(x, f"{block.name}_scaled", block.scaled)

    def requantise(self, x: Any, name: str, format: FormatConfig) -> Any:
        """Rounding and saturation to `format`; nothing in full precision."""
        if self.phase is Phase.FPN:
            return x
        return QActivation(FixedPointActivation(format.signed, format.bits, format.fraction), name=name)(x)

    def _convolve(self, x: Any, block: Block) -> Any:
        quantiser: Any = None
        folded, ternary = self.phase is Phase.FOLDED, self.architecture.kind(block) == "ternary"
        if self.phase is not Phase.FPN:
            quantiser = (
                TernaryWeights(not folded, block.depthwise, held=block.channels if self.hold else None)
                if ternary
                else FixedPointWeights(fraction=self.formats[block.name].weights if folded else None)
            )
        # ternary weights are settled once folded: to train the latent ones on costs more than it gains (measured)
        common = {"padding": "same", "use_bias": False, "trainable": not (folded and ternary)}
        name = f"{block.name}_conv"
        if block.depthwise:
            return QDepthwiseConv2D(
                block.kernel,
                depthwise_quantizer=quantiser,
                depthwise_initializer="glorot_uniform",
                name=name,
                **common,
            )(x)
        return QConv2D(
            block.channels,
            block.kernel,
            kernel_quantizer=quantiser,
            kernel_initializer="glorot_uniform",
            name=name,
            **common,
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
