"""How large a network is, by the papers' counting rules."""

from typing import Any

from jetflow.config import ModelConfig

__all__ = ["model_size"]


def model_size(config: ModelConfig) -> dict[str, Any]:
    """`parameters` (trainable, before folding), `macs`, `operations` (paper 2, table 2) and `input_shape`.

    macs: multiply-accumulates of the convolutions, padded cells included; operations: macs, plus 2 per batch
    normalisation output and 1 per PReLU output.
    """
    rows, columns, channels = config.input.shape
    parameters = macs = extra = 0
    for s, stage in enumerate(config.network.stages):
        if s:
            rows, columns = rows // 2, columns // 2
        for out in stage:
            macs += rows * columns * 9 * channels * out
            parameters += 9 * channels * out + 3 * out  # kernel; gamma, beta and slope
            extra += 3 * rows * columns * out
            channels = out
    heads = 2 + 1 + len(config.classes) + 1
    macs += rows * columns * 9 * channels * heads
    parameters += 9 * channels * heads + heads  # kernels and biases
    return {
        "parameters": parameters,
        "macs": macs,
        "operations": macs + extra,
        "input_shape": list(config.input.shape),
    }
