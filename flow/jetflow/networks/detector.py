"""The single-shot detectors of the papers: a backbone in stages, and three heads on its last feature map."""

from typing import Any

from jetflow.architecture import Stage, architecture
from jetflow.config import ModelConfig
from jetflow.networks.backend import keras
from jetflow.networks.blocks import Blocks, FoldedFormat, Phase
from jetflow.networks.layers import CropPhi, WrapPhi

__all__ = ["build_network"]


def build_network(
    config: ModelConfig,
    phase: Phase = Phase.FPN,
    precision: str = "twn",
    formats: dict[str, FoldedFormat] | None = None,
    training: bool = False,
    hold: bool = False,
) -> Any:
    """The Keras model: (events, rows, columns, channels) float32 -> [offsets, classes, regression].

    Outputs are (events, rows / 2**k, columns / 2**k, 2 | 1 + classes | 1) for k poolings. Layer names are the same in
    every phase, so weights pass from one to the next by name. `formats` is needed for Phase.FOLDED. With `training`
    the stages that full-precision training alone has are there, and three more outputs for their head. With `hold`
    ternary kernels keep the delta and alpha that training.grace gives them.
    """
    network = architecture(config, "fpn" if phase is Phase.FPN else precision, training)
    blocks = Blocks(config.network, network, phase, formats or {}, hold)
    image = x = keras.Input(config.input.shape, name="image")
    maps: list[Any] = []
    outputs: list[Any] = []
    for stage in network.stages:
        if maps:
            x = blocks.pool(x, f"stage{stage.number - 1}", config.network.pooled)
        x = _stage(config, blocks, stage, x)
        maps.append(x)
        if stage.heads:
            outputs += _heads(config, blocks, stage, maps)
    return keras.Model(image, outputs, name=config.identifier)


def _stage(config: ModelConfig, blocks: Blocks, stage: Stage, x: Any) -> Any:
    """The stage's blocks; where phi is circular, on a map that is wrapped before and cropped after them."""
    wrapped = config.network.phi == "circular" and stage.margin
    if wrapped:
        x = WrapPhi(stage.margin, name=f"stage{stage.number}_wrap")(x)
    for block in stage.blocks:
        x = blocks.conv(x, block)
    return CropPhi(stage.margin, name=f"stage{stage.number}_crop")(x) if wrapped else x


def _heads(config: ModelConfig, blocks: Blocks, stage: Stage, maps: list[Any]) -> list[Any]:
    """The three heads of a stage, whose map is the last of `maps`."""
    x = maps[-1]
    if config.network.links and not stage.prefix:
        x = blocks.join([*(_linked(config, blocks, maps, link) for link in config.network.links), x])
    x = blocks.attend(x, stage.prefix)
    circular = config.network.phi == "circular"
    if circular:
        x = WrapPhi(1, name=f"{stage.prefix}heads_wrap")(x)
    results = [blocks.head(x, head) for head in stage.heads]
    if not circular:
        return results
    return [CropPhi(1, name=f"{head.name}_crop")(y) for head, y in zip(stage.heads, results, strict=True)]


def _linked(config: ModelConfig, blocks: Blocks, maps: list[Any], link: int) -> Any:
    """The map of stage `link`, pooled to the size of the last one and in its format."""
    x = maps[link - 1]
    deepest = len(maps) - 1
    for number in range(link, deepest + 1):
        format = config.network.activation if number == deepest else config.network.pooled
        x = blocks.pool(x, f"link{link}_{number}", format)
    return x
