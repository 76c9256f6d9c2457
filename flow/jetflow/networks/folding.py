"""From the quantised phase to the folded one: batch normalisation and alpha go into scales on a fixed grid."""

import math

import numpy as np

from jetflow.config import ModelConfig
from jetflow.networks.backend import tf
from jetflow.networks.blocks import FoldedFormat
from jetflow.networks.jetssd import HEADS, block_names, weight_kind
from jetflow.networks.layers import MANTISSA
from jetflow.networks.quantisers import FixedPointWeights, twn
from jetflow.networks.weights import Arrays

__all__ = ["fold", "folded_formats", "unfit_blocks"]

BATCH_NORM_EPSILON = 1e-3  # Keras' default, which Blocks uses
SMALLEST = 2.0**-20  # a block whose scales are all below is dead: it gets some grid
FORMAT = "format"  # arrays `block/format` hold a FoldedFormat: weights, bias, scale (or -1)


def fold(config: ModelConfig, precision: str, quantised: Arrays) -> Arrays:
    """Arrays of the folded network from those of the quantised one, with the binary points of every block.

    Ternary blocks keep their latent kernel; scale = alpha * gamma / sigma. 8-bit blocks take gamma / sigma into the
    kernel, so that they need a bias alone. bias = beta - mean * gamma / sigma.
    """
    kinds = config.precision["int8" if precision == "int8" else "twn"]
    names = block_names(config)
    folded = {name: array for name, array in quantised.items() if name.endswith("/slope")}
    fraction = config.input.fraction
    for i, name in enumerate(names):
        kernel = quantised[f"{name}_conv/kernel"]
        if name in HEADS:
            factor, bias = np.ones(kernel.shape[-1], np.float32), quantised[f"{name}_norm/bias"]
        else:
            norm = {key: quantised[f"{name}_norm/{key}"] for key in ("gamma", "beta", "moving_mean", "moving_variance")}
            factor = norm["gamma"] / np.sqrt(norm["moving_variance"] + BATCH_NORM_EPSILON)
            bias = norm["beta"] - norm["moving_mean"] * factor
        if weight_kind(name, names[0], kinds) == "ternary":
            _, alpha = twn(tf.constant(kernel))
            scale = alpha.numpy().reshape(-1) * factor
            # the largest scale has six bits before the grid ends, so it may double in fine-tuning; from 64 on it has
            # not: a grid of whole numbers is the coarsest
            point = max(0, MANTISSA - math.floor(math.log2(max(abs(scale).max(), SMALLEST))))
            formats = FoldedFormat(weights=0, bias=fraction + point, scale=point)
            folded[f"{name}_norm/scale"] = scale
        else:
            kernel = kernel * factor
            point = FixedPointWeights.fraction_for(float(abs(kernel).max()))
            formats = FoldedFormat(weights=point, bias=fraction + point, scale=None)
        folded[f"{name}_conv/kernel"] = kernel
        folded[f"{name}_norm/bias"] = bias
        folded[f"{name}/{FORMAT}"] = np.array(
            [formats.weights, formats.bias, -1 if formats.scale is None else formats.scale], np.int32
        )
        fraction = _fraction_after(config, names, i)
    return folded


def _fraction_after(config: ModelConfig, names: list[str], i: int) -> int:
    """Fractional bits of what the block after names[i] reads."""
    network = config.network
    following = names[i + 1] if i + 1 < len(names) else HEADS[0]
    pooled = following not in HEADS and following.split("_")[0] != names[i].split("_")[0]
    return network.pooled.fraction if pooled else network.activation.fraction


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
    names = block_names(config)
    kinds = config.precision["int8" if precision == "int8" else "twn"]
    return [
        name
        for name in names
        if name not in formats or (formats[name].scale is None) != (weight_kind(name, names[0], kinds) == "int8")
    ]
