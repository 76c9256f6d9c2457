"""What networks consist of: counts of the papers, and that the Keras models have these layers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetflow.architecture import HEADS, architecture, gate_weight_bits
from jetflow.config import load_config
from jetflow.model import find_model, model_names
from jetflow.size import model_size

Recipe = dict[str, Any]
Write = Callable[[Recipe], Path]


def test_slimmed_pfjetssd_is_that_of_the_paper() -> None:
    """Paper 2, table 2: 111,228 parameters and 1.095 G operations; 1.0274e9 multiply-accumulates by hand:

    340 x 360 x 783 + 171 x 181 x 15463 + 86 x 91 x 46717 + 44 x 46 x 43136, and 3 x 128 of the gate.
    """
    size = model_size(find_model("pfjetssd").config)
    assert size["parameters"] == 111_228 == 106_099 + 4_998 + 128 + 3
    assert size["macs"] == 122_400 * 783 + 30_951 * 15_463 + 7_826 * 46_717 + 2_024 * 43_136 + 384
    assert size["macs"] == pytest.approx(1.0274e9, rel=1e-4)
    assert size["operations"] == pytest.approx(1.095e9, rel=1e-3)
    assert size["input_shape"] == [340, 360, 3]


def test_jetssd_by_hand() -> None:
    """About 8.8 GMAC (paper 1): half a VGG-16 and seven 3 x 3 head channels, of 256 channels on 44 x 46 cells."""
    size = model_size(find_model("jetssd").config)
    cells = (122_400, 30_951, 7_826, 2_024)
    kernels = (
        2 * 32 + 32 * 32,
        32 * 64 + 64 * 64,
        64 * 128 + 2 * 128 * 128,
        128 * 256 + 2 * 256 * 256 + 256 * 7,
    )
    assert size["macs"] == 9 * sum(c * k for c, k in zip(cells, kernels, strict=True))
    assert 8.7e9 < size["macs"] < 8.9e9


def test_the_vgg_of_the_atlas_study_is_torchvisions() -> None:
    """13 convolutions of VGG-16, conv6 and conv7 of ssd300_vgg16, without biases and with two input channels for three.

    Of the 35,641,826 parameters of ssd300_vgg16, which the talk rounds, 20,483,904 are theirs.
    """
    blocks = [b for b in architecture(find_model("atlas-ssd").config).blocks if b.role != "head"]
    biases = sum(b.channels for b in blocks)
    assert len(blocks) == 15
    assert sum(b.weights for b in blocks) + biases + 9 * 64 == 20_483_904


def test_the_mobilenet_of_the_atlas_study() -> None:
    """13 depthwise separable blocks, about the 3.4 M parameters that the talk quotes for SSDLite."""
    config = find_model("atlas-ssdlite").config
    assert sum(b.depthwise for b in architecture(config).blocks) == 13
    assert 3.2e6 < model_size(config)["parameters"] < 3.4e6


@pytest.mark.parametrize("name", [name for name in model_names() if name != "atlas-ssd"])
def test_counts_are_those_of_the_keras_model(name: str) -> None:
    from jetflow.networks import build_network

    config = find_model(name).config
    network = build_network(config)
    assert model_size(config)["parameters"] == sum(int(np.prod(v.shape)) for v in network.trainable_weights)
    last = architecture(config).stages[-1]
    assert [y.shape[1:3] for y in network.outputs] == [(last.rows, last.columns)] * 3


def test_maps_shrink_as_in_the_papers() -> None:
    stages = architecture(find_model("pfjetssd").config, training=True).stages
    assert [(s.rows, s.columns) for s in stages] == [(340, 360), (171, 181), (86, 91), (44, 46), (23, 24)]
    assert [h.name for h in stages[3].heads] == list(HEADS)
    assert [h.name for h in stages[4].heads] == [f"training_{name}" for name in HEADS]
    assert stages[-1] not in architecture(find_model("pfjetssd").config).stages


def test_precision_by_layer(recipe: Recipe, write_recipe: Write) -> None:
    """The groups' kinds, but for the layers that are named; another precision may leave the gate out."""
    recipe["network"] |= {"kind": "mobilenet", "gate": True}
    recipe["precision"]["twn"]["layers"] = {"block2_1_dw": "int8", "classes": "ternary"}
    recipe["precision"]["int8"] |= {"gate": False, "nonlinearity": "relu"}
    config = load_config(write_recipe(recipe))
    network = architecture(config, "twn")
    assert {b.name: network.kind(b) for b in network.blocks} == {
        "block1_1": "int8",
        "block1_2_dw": "ternary",
        "block1_2_pw": "ternary",
        "block2_1_dw": "int8",
        "block2_1_pw": "ternary",
        "offsets": "int8",
        "classes": "ternary",
        "regression": "int8",
    }
    assert (network.gate, network.nonlinearity) == (True, "prelu")
    other = architecture(config, "int8")
    assert (other.gate, other.nonlinearity) == (False, "relu")


def test_formats_by_block(recipe: Recipe, write_recipe: Write) -> None:
    """Those that are named in the precision that names them; the next block reads what its neighbour writes."""
    wide, last = {"bits": 11, "fraction": 5}, {"bits": 9, "fraction": 3}
    recipe["network"]["stages"] = [[3, 4], [5]]
    recipe["precision"]["twn"]["formats"] = {"block1_1": {"activation": wide}, "block2_1": {"activation": last}}
    config = load_config(write_recipe(recipe))
    usual = config.network.activation.fraction
    assert [b.fraction for b in architecture(config, "twn").blocks] == [6, 5, config.network.pooled.fraction, 3, 3, 3]
    assert [b.fraction for b in architecture(config, "int8").blocks[1:]] == [usual, 5, usual, usual, usual]
    first = architecture(config, "twn").blocks[0]
    assert (first.scaled, first.activation.bits) == (config.network.scaled, 11)


def test_linked_maps_reach_the_heads(recipe: Recipe, write_recipe: Write) -> None:
    recipe["network"]["links"] = [1]
    assert [h.inputs for h in architecture(load_config(write_recipe(recipe))).blocks[-3:]] == [4 + 5] * 3
    recipe["network"] |= {"stages": [[3, 5], [5]], "join": "add"}
    assert [h.inputs for h in architecture(load_config(write_recipe(recipe))).blocks[-3:]] == [5] * 3


@pytest.mark.parametrize(("cells", "bits", "expected"), [(306, 8, 7), (2024, 8, 4), (6, 8, 8), (20_000, 8, 2)])
def test_bits_of_a_gates_taps(cells: int, bits: int, expected: int) -> None:
    assert gate_weight_bits(cells, bits) == expected


@given(st.integers(1, 20_000), st.integers(2, 8))
def test_the_gates_sum_fits_24_bits(cells: int, bits: int) -> None:
    largest = 2 ** (gate_weight_bits(cells, bits) - 1) - 1
    assert 3 * largest * cells * 2 ** (bits - 1) <= 2**23 - 1


def test_a_map_too_large_for_a_gate() -> None:
    with pytest.raises(ValueError, match="a sum over 100000 cells of 8 bits leaves no room"):
        gate_weight_bits(100_000, 8)
