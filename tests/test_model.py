"""Models by name, folder and file, and what is said where there is no such model or no such weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.model import find_model, model_names
from jetflow.size import model_size

Recipe = dict[str, Any]
Write = Callable[[Recipe], Path]


def message(action: Callable[[], object]) -> str:
    """The one line of the InputError that `action` raises."""
    with pytest.raises(InputError) as error:
        action()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_by_name_folder_and_file(recipe: Recipe, write_recipe: Write) -> None:
    assert "jetssd-tower-small" in model_names()
    assert find_model("jetssd-tower-small").config.name == "jetssd-tower-small"
    path = write_recipe(recipe)
    for reference in (str(path), str(path.parent)):
        found = find_model(reference)
        assert (found.config.name, found.folder, found.reference) == ("tiny", path.parent, reference)


def test_unknown_model(tmp_path: Path) -> None:
    said = message(lambda: find_model("jetssd-towr"))
    assert said.startswith("jetssd-towr: no such model; found: ")
    assert "jetssd-tower-small" in said
    assert "config.yaml: not found" in message(lambda: find_model(str(tmp_path)))
    assert "none.yaml: not found" in message(lambda: find_model(str(tmp_path / "none.yaml")))


@pytest.mark.parametrize("precision", ["fpn", "twn", "int8"])
def test_no_weights_names_the_command(recipe: Recipe, write_recipe: Write, precision: str) -> None:
    path = write_recipe(recipe)
    said = message(lambda: find_model(str(path)).network(precision))
    assert said.startswith(f"{path.parent / precision}.npz: ")
    assert f"`jetflow train {path} --precision {precision} --events FILE --out RUN`" in said


def test_full_precision_has_no_graph(recipe: Recipe, write_recipe: Write) -> None:
    said = message(lambda: find_model(str(write_recipe(recipe))).graph("fpn"))
    assert "build with --precision twn or int8" in said


def test_weights_that_are_no_weights(recipe: Recipe, write_recipe: Write) -> None:
    path = write_recipe(recipe).parent / "twn.npz"
    path.write_bytes(b"ternary")
    assert "not an npz of weights" in message(lambda: find_model(str(path.parent)).graph("twn"))


def test_size_by_hand(recipe: Recipe, write_recipe: Write) -> None:
    """8 x 12 x 2 -> 3 -> 4 channels, pooled, 4 x 6 -> 5 channels, heads 2 + 4 + 1."""
    size = model_size(find_model(str(write_recipe(recipe))).config)
    assert size == {
        "parameters": 9 * (2 * 3 + 3 * 4 + 4 * 5 + 5 * 7) + 3 * (3 + 4 + 5) + 7,
        "macs": 9 * (96 * (2 * 3 + 3 * 4) + 24 * (4 * 5 + 5 * 7)),
        "operations": 9 * (96 * (2 * 3 + 3 * 4) + 24 * (4 * 5 + 5 * 7)) + 3 * (96 * (3 + 4) + 24 * 5),
        "input_shape": [8, 12, 2],
    }


def test_size_is_that_of_the_network(recipe: Recipe, write_recipe: Write) -> None:
    from jetflow.networks import build_network

    config = find_model(str(write_recipe(recipe))).config
    network = build_network(config)
    trainable = sum(int(np.prod(variable.shape)) for variable in network.trainable_weights)
    assert model_size(config)["parameters"] == trainable


def test_weights_of_a_network_that_is_more(recipe: Recipe, write_recipe: Write) -> None:
    """Every array of the smaller network is there with its shape, and yet they are another's."""
    from jetflow.networks import build_network, get_weights, write_weights

    recipe["network"] = {"stages": [[3, 4], [5, 5]], "gate": True}
    path = write_recipe(recipe)
    weights = path.parent / "fpn.npz"
    write_weights(weights, get_weights(build_network(find_model(str(path)).config)))
    find_model(str(path)).network("fpn")
    for key, value, name in (("gate", False, "gate/kernel"), ("stages", [[3, 4], [5]], "block2_2_conv/kernel")):
        write_recipe({**recipe, "network": {**recipe["network"], key: value}})
        said = message(lambda: find_model(str(path)).network("fpn"))
        assert said.startswith(f"{weights}: {name}: the config's network has nothing of this name")
