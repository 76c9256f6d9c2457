"""Jet-SSD (paper 1, section 5): a VGG-like backbone and three heads on its last feature map."""

from typing import Any

from jetflow.config import ModelConfig, WeightKinds
from jetflow.networks.backend import keras
from jetflow.networks.blocks import Blocks, FoldedFormat, Phase
from jetflow.networks.layers import CropPhi, WrapPhi

__all__ = ["HEADS", "block_names", "build_network"]

HEADS = ("offsets", "classes", "regression")  # eta, phi; background and the classes; mass


def block_names(config: ModelConfig) -> list[str]:
    """The convolution blocks in order, heads last; layer names start with these."""
    stages = config.network.stages
    return [f"block{s + 1}_{i + 1}" for s, stage in enumerate(stages) for i in range(len(stage))] + list(HEADS)


def weight_kind(name: str, first: str, kinds: WeightKinds) -> Any:
    """How the block called `name` holds its weights."""
    return kinds.heads if name in HEADS else kinds.first if name == first else kinds.body


def build_network(
    config: ModelConfig,
    phase: Phase = Phase.FPN,
    precision: str = "twn",
    formats: dict[str, FoldedFormat] | None = None,
) -> Any:
    """The Keras model: (events, rows, columns, channels) float32 -> [offsets, classes, regression].

    Outputs are (events, rows / 2**k, columns / 2**k, 2 | 1 + classes | 1) for k poolings. Layer names are the same in
    every phase, so weights pass from one to the next by name. `formats` is needed for Phase.FOLDED.
    """
    network, kinds = config.network, config.precision["int8" if precision == "int8" else "twn"]
    blocks = Blocks(network, phase, formats or {})
    circular = network.phi == "circular"
    image = x = keras.Input(config.input.shape, name="image")
    first = block_names(config)[0]
    last = len(network.stages) - 1
    for s, stage in enumerate(network.stages):
        # the last map keeps one wrapped column for the heads' convolution
        margin = len(stage) + (s == last)
        if circular:
            x = WrapPhi(margin, name=f"stage{s + 1}_wrap")(x)
        for i, channels in enumerate(stage):
            name = f"block{s + 1}_{i + 1}"
            x = blocks.conv(x, name, channels, weight_kind(name, first, kinds))
        if s < last:
            if circular:
                x = CropPhi(margin, name=f"stage{s + 1}_crop")(x)
            x = blocks.pool(x, f"stage{s + 1}")
    outputs = []
    for name, channels in zip(HEADS, (2, 1 + len(config.classes), 1), strict=True):
        y = blocks.head(x, name, channels, kinds.heads)
        outputs.append(CropPhi(margin, name=f"{name}_crop")(y) if circular else y)
    return keras.Model(image, outputs, name=config.identifier)
