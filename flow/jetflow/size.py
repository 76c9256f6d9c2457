"""How large a network is, by the papers' counting rules."""

from typing import Any

from jetflow.architecture import GATE_SIZE, architecture
from jetflow.config import ModelConfig

__all__ = ["model_size"]


def model_size(config: ModelConfig) -> dict[str, Any]:
    """`parameters` (trainable, before folding), `macs`, `operations` (paper 2, table 2) and `input_shape`.

    macs: multiply-accumulates of the convolutions, padded cells included; operations: macs, plus 2 per batch
    normalisation output and 1 per PReLU output. Of the network at inference, in full precision.
    """
    network = architecture(config)
    body = [block for block in network.blocks if block.role != "head"]
    macs = sum(block.cells * block.weights for block in network.blocks)
    slopes = int(network.nonlinearity == "prelu")
    parameters = sum(block.weights for block in network.blocks) + sum((2 + slopes) * block.channels for block in body)
    read = network.stages[-1].heads[0].inputs
    if config.network.head_bias:
        parameters += sum(block.channels for block in network.blocks if block.role == "head")
    if config.network.l2_norm:
        parameters += read
    if network.gate:
        parameters, macs = parameters + GATE_SIZE, macs + GATE_SIZE * read
    return {
        "parameters": parameters,
        "macs": macs,
        "operations": macs + sum((2 + slopes) * block.cells * block.channels for block in body),
        "input_shape": list(config.input.shape),
    }
