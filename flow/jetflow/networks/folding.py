"""From the quantised phase to the folded one: batch normalisation and alpha go into scales on a fixed grid."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.architecture import GATE, Architecture, Block, architecture, gate_weight_bits
from jetflow.config import ModelConfig
from jetflow.networks.backend import tf
from jetflow.networks.blocks import FoldedFormat
from jetflow.networks.layers import MANTISSA
from jetflow.networks.quantisers import FixedPointWeights, twn
from jetflow.networks.weights import FORMAT, Arrays

__all__ = ["fold", "folded_formats", "unfit_blocks"]

SMALLEST = 2.0**-20  # a block whose scales are all below is dead: it gets some grid
FINEST_GATE = 21  # fractional bits of a gate's sum: with two more and its factor's one integer bit, 24


def fold(config: ModelConfig, precision: str, quantised: Arrays) -> Arrays:
    """Arrays of the folded network from those of the quantised one, with the binary points of every block.

    These are arrays `block/format`, a FoldedFormat: weights, bias, scale (or -1).

    Ternary blocks keep their latent kernel; scale = alpha * gamma / sigma. 8-bit blocks take gamma / sigma into the
    kernel, so that they need a bias alone. bias = beta - mean * gamma / sigma.
    """
    network = architecture(config, precision)
    folded = {name: array for name, array in quantised.items() if name.endswith("/slope")}
    formats = {}
    for block in network.blocks:
        formats[block.name] = _fold_block(network, block, config.network.norm_epsilon, quantised, folded)
    if network.gate:
        folded[f"{GATE}/kernel"] = quantised[f"{GATE}/kernel"]
        formats[GATE] = _gate_format(config, network, quantised[f"{GATE}/kernel"])
    for name, f in formats.items():
        folded[f"{name}/{FORMAT}"] = np.array([f.weights, f.bias, -1 if f.scale is None else f.scale], np.int32)
    return folded


def _fold_block(network: Architecture, block: Block, epsilon: float, quantised: Arrays, folded: Arrays) -> FoldedFormat:
    """Put the folded arrays of one block into `folded`; returns its binary points."""
    name = block.name
    variable = f"{name}_conv/{'depthwise_kernel' if block.depthwise else 'kernel'}"
    kernel = quantised[variable]
    if block.role == "head":
        factor = np.ones(block.channels, np.float32)
        bias = quantised.get(f"{name}_norm/bias", np.zeros(block.channels, np.float32))
    else:
        norm = {key: quantised[f"{name}_norm/{key}"] for key in ("gamma", "beta", "moving_mean", "moving_variance")}
        factor = norm["gamma"] / np.sqrt(norm["moving_variance"] + np.float32(epsilon))
        bias = norm["beta"] - norm["moving_mean"] * factor
    if network.kind(block) == "ternary":
        _, alpha = twn(tf.constant(kernel), block.depthwise)
        scale = alpha.numpy().reshape(-1) * factor
        # the largest scale has six bits before the grid ends, so it may double in fine-tuning; from 64 on it has
        # not: a grid of whole numbers is the coarsest
        point = max(0, MANTISSA - math.floor(math.log2(max(abs(scale).max(), SMALLEST))))
        formats = FoldedFormat(weights=0, bias=block.fraction + point, scale=point)
        folded[f"{name}_norm/scale"] = scale
    else:
        kernel = kernel * (factor[:, None] if block.depthwise else factor)
        point = FixedPointWeights.fraction_for(float(abs(kernel).max()))
        formats = FoldedFormat(weights=point, bias=block.fraction + point, scale=None)
    folded[variable] = kernel
    folded[f"{name}_norm/bias"] = bias
    return formats


def _gate_format(config: ModelConfig, network: Architecture, kernel: NDArray[Any]) -> FoldedFormat:
    """The binary point of the gate's taps: as fine as they and the width of its sum allow."""
    cells, format = network.stages[-1].heads[0].cells, config.network.activation
    largest = float(abs(kernel).max()) / cells
    point = FixedPointWeights.fraction_for(largest, gate_weight_bits(cells, format.bits))
    return FoldedFormat(weights=min(point, FINEST_GATE - format.fraction), bias=0, scale=None)


def folded_formats(arrays: Arrays) -> dict[str, FoldedFormat]:
    """The binary points that `fold` chose, by block."""
    formats = {}
    for name, array in arrays.items():
        block, _, key = name.rpartition("/")
        if key == FORMAT:
            weights, bias, scale = (int(value) for value in array)
            formats[block] = FoldedFormat(weights, bias, None if scale < 0 else scale)
    return formats


def unfit_blocks(config: ModelConfig, precision: str, formats: dict[str, FoldedFormat]) -> list[str]:
    """The blocks of `config` for which there is no format, or one of other weights than the config's."""
    network = architecture(config, precision)
    unfit = [
        block.name
        for block in network.blocks
        if block.name not in formats or (formats[block.name].scale is None) != (network.kind(block) == "int8")
    ]
    return unfit + [GATE] * (network.gate and GATE not in formats)
