"""Which channels a slimmed network keeps, and its weights without the others (paper 2, section 3)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.architecture import Block, Stage, architecture
from jetflow.config import Convolution, ModelConfig
from jetflow.errors import InputError
from jetflow.networks.weights import Arrays

__all__ = ["check_prunable", "operation_costs", "prune", "survivors"]

Indices = NDArray[np.int64]


def operation_costs(config: ModelConfig) -> dict[str, float]:
    """Operations of every block that inference has, by the name of its batch normalisation, as the papers' code counts.

    Multiply-accumulates, and one more for every value that the block reads. A pointwise convolution stands for the
    depthwise one before it as well. Blocks that only training has are pruned without a price. Here the price of a step
    stands still; in the papers' code it falls with the channels whose |gamma| falls below .01.
    """
    costs, pending = {}, 0.0
    for block in architecture(config).blocks:
        if block.role == "head":
            continue
        if not pending:
            pending += block.cells * block.inputs
        pending += block.cells * block.weights
        if not block.depthwise:
            costs[f"{block.name}_norm"] = pending
            pending = 0.0
    return costs


def survivors(gamma: NDArray[np.floating[Any]], limit: int) -> Indices:
    """The channels that stay, rising: |gamma| >= mean - standard deviation, and of these the `limit` largest."""
    size = abs(gamma)
    threshold = size.mean() - size.std(ddof=1) if len(size) > 1 else 0.0
    order = np.argsort(-size, kind="stable")
    return np.sort(order[: max(1, min(limit, int((size >= threshold).sum())))])


def check_prunable(config: ModelConfig) -> None:
    """Raise InputError for a network that adds maps of several stages: they would keep different channels."""
    if config.network.links and config.network.join == "add":
        raise InputError(f"{config.name}: network.join: found add; slimming needs concatenate")


def prune(config: ModelConfig, arrays: Arrays, limits: Mapping[str, int]) -> tuple[ModelConfig, Arrays]:
    """The config and the full-precision weights without the channels whose gamma is small.

    `arrays` are those of the network with its training-only stages; `limits` are the most channels of blocks, by
    name. Raises InputError as check_prunable does.
    """
    check_prunable(config)
    pruned = dict(arrays)
    widths: list[list[int]] = []
    maps: list[Indices] = []  # kept channels of every stage's last map
    stages = architecture(config, training=True).stages
    kept: Indices = np.arange(len(config.input.channels))
    for stage in stages:
        widths.append([])
        for block in stage.blocks:
            before = kept
            if not block.depthwise:
                kept = survivors(arrays[f"{block.name}_norm/gamma"], limits[block.name])
                widths[-1].append(len(kept))
            _cut_block(pruned, block, before, kept)
        maps.append(kept)
        _cut_heads(pruned, stage, _joined(config, stage, stages, maps))
    return _narrower(config, widths), pruned


def _cut_block(arrays: Arrays, block: Block, inputs: Indices, outputs: Indices) -> None:
    """Leave `inputs` and `outputs` of one block and of what follows its convolution, in place."""
    if block.depthwise:
        key = f"{block.name}_conv/depthwise_kernel"
        arrays[key] = arrays[key][:, :, outputs]
    else:
        key = f"{block.name}_conv/kernel"
        arrays[key] = arrays[key][:, :, inputs][..., outputs]
    for name in list(arrays):
        if name.startswith((f"{block.name}_norm/", f"{block.name}_prelu/")):
            arrays[name] = arrays[name][outputs]


def _joined(config: ModelConfig, stage: Stage, stages: tuple[Stage, ...], maps: list[Indices]) -> Indices:
    """The kept channels of what the heads of `stage` read: of the linked maps, then of its own."""
    links = () if stage.prefix else config.network.links
    read, offset = [], 0
    for number in (*links, stage.number):
        read.append(maps[number - 1] + offset)
        offset += stages[number - 1].channels
    return np.concatenate(read)


def _cut_heads(arrays: Arrays, stage: Stage, read: Indices) -> None:
    """Leave the channels `read` of what the heads of a stage read, in place."""
    for head in stage.heads:
        key = f"{head.name}_conv/kernel"
        arrays[key] = arrays[key][:, :, read]
    scale = f"{stage.prefix}l2_norm/scale"
    if stage.heads and scale in arrays:
        arrays[scale] = arrays[scale][read]


def _narrower(config: ModelConfig, widths: list[list[int]]) -> ModelConfig:
    """The config with other numbers of channels."""
    network = config.network
    stages = [
        tuple(Convolution(channels=width, kernel=c.kernel) for width, c in zip(row, stage, strict=True))
        for row, stage in zip(widths, (*network.stages, *network.training_stages), strict=True)
    ]
    count = len(network.stages)
    update = {"stages": tuple(stages[:count]), "training_stages": tuple(stages[count:])}
    return config.model_copy(update={"network": network.model_copy(update=update)})
