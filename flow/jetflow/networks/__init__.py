"""The networks of the papers in Keras and QKeras."""

from jetflow.networks.anchors import Anchors
from jetflow.networks.blocks import FoldedFormat, Phase
from jetflow.networks.folding import fold, folded_formats, unfit_blocks
from jetflow.networks.jetssd import HEADS, block_names, build_network
from jetflow.networks.weights import get_weights, read_weights, set_weights, write_weights

__all__ = [
    "HEADS",
    "Anchors",
    "FoldedFormat",
    "Phase",
    "block_names",
    "build_network",
    "fold",
    "folded_formats",
    "get_weights",
    "read_weights",
    "set_weights",
    "unfit_blocks",
    "write_weights",
]
