"""The networks of the papers in Keras and QKeras."""

from jetflow.architecture import HEADS
from jetflow.networks.anchors import Anchors, training_anchors
from jetflow.networks.blocks import FoldedFormat, Phase
from jetflow.networks.detector import build_network
from jetflow.networks.folding import fold, folded_formats, unfit_blocks
from jetflow.networks.regression import decode_regression, encode_regression
from jetflow.networks.weights import (
    get_acting_weights,
    get_weights,
    read_weights,
    set_weights,
    surplus_weights,
    write_weights,
)

__all__ = [
    "HEADS",
    "Anchors",
    "FoldedFormat",
    "Phase",
    "build_network",
    "decode_regression",
    "encode_regression",
    "fold",
    "folded_formats",
    "get_acting_weights",
    "get_weights",
    "read_weights",
    "set_weights",
    "surplus_weights",
    "training_anchors",
    "unfit_blocks",
    "write_weights",
]
