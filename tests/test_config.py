"""Every kind of bad config is one line that names the file and the key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from jetflow.checkout import CHECKOUT
from jetflow.config import ModelConfig, load_config, save_config
from jetflow.errors import InputError
from jetflow.events import CLASSES
from jetflow.graph import FixedPoint

Recipe = dict[str, Any]
Write = Callable[[Recipe], Path]
REMOVE = object()


def refused(path: Path) -> str:
    """What follows the file's name in the one line that load_config gives."""
    with pytest.raises(InputError) as error:
        load_config(path)
    message = str(error.value)
    assert error.value.exit_code == 2
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def changed(recipe: Recipe, key: str, value: object) -> Recipe:
    """`recipe` with the value at the dotted `key` replaced, added or removed."""
    *sections, last = key.split(".")
    section = recipe
    for name in sections:
        section = section.setdefault(name, {})
    if value is REMOVE:
        del section[last]
    else:
        section[last] = value
    return recipe


def test_the_shipped_config() -> None:
    config = load_config(CHECKOUT / "models" / "jetssd-tower-small" / "config.yaml")
    assert config.input.shape == (68, 72, 2)
    assert config.identifier == "jetssd_tower_small"
    assert config.input.fixed_point() == FixedPoint(False, 10, 6)


def test_what_is_left_out_has_defaults(config: ModelConfig) -> None:
    assert config.detection.match_distance == 0.4
    assert config.network.activation.fixed_point() == FixedPoint(True, 7, 4)
    with pytest.raises(ValidationError):
        config.detection.match_distance = 0.6


@pytest.mark.parametrize("key", ["colour", "input.colour", "network.activation.colour", "training.phases.fpn.colour"])
def test_unknown_key(recipe: Recipe, write_recipe: Write, key: str) -> None:
    changed(recipe, "network.activation", {"bits": 7, "fraction": 4})
    assert (
        refused(write_recipe(changed(recipe, key, "red"))) == f"{key}: unknown key: remove it or correct its spelling"
    )


@pytest.mark.parametrize(
    "key", ["schema", "name", "network", "network.stages", "training.phases", "precision.twn.body"]
)
def test_missing_key(recipe: Recipe, write_recipe: Write, key: str) -> None:
    assert refused(write_recipe(changed(recipe, key, REMOVE))) == f"{key}: missing: add it"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        # another type
        ("input.rows", "many"),
        ("input.rows", 8.5),
        ("input.rows", None),
        ("input", [1]),
        ("network.stages", 3),
        ("network.stages", [[3], 4]),
        ("detection.anchor", "wide"),
        ("classes", {"b": 1}),
        ("training.phases", 7),
        # out of range
        ("input.rows", 0),
        ("input.bits", 17),
        ("input.fraction", -1),
        ("network.output.bits", 17),
        ("network.output.bits", 1),
        ("network.slope_fraction", 9),
        ("network.stages", []),
        ("detection.match_iou", 1),
        ("detection.anchor", 0),
        ("detection.anchor", float("nan")),
        ("input.lsb_gev", float("inf")),
        ("training.batch", 0),
        ("training.label_smoothing", 1.0),
        ("training.phases.fpn.epochs", 0),
        ("training.phases.fpn.peak", -1e-3),
        # not one of the choices
        ("schema", "jetflow-model-3"),
        ("name", "Tiny"),
        ("network.phi", "spiral"),
        ("network.kind", "yolo"),
        ("precision.twn.first", "int4"),
    ],
)
def test_wrong_value(recipe: Recipe, write_recipe: Write, key: str, value: object) -> None:
    changed(recipe, "network.output", {"bits": 16, "fraction": 8})
    message = refused(write_recipe(changed(recipe, key, value)))
    assert message.startswith(key)
    assert "found" in message or isinstance(value, dict)
    assert message.endswith(": correct the value")


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        (
            "network.stages",
            [[3], [0]],
            "network.stages.1.0.channels: found 0, input should be greater",
        ),
        ("network.stages", [[3], [{"channels": 4, "kernel": 5}]], "network.stages.1.0.kernel: found 5"),
        ("input.channels", [], "input.channels: found [], tuple should have at least 1 item"),
        ("network.links", [2], "links: found stage 2, the heads' stage is 2: name stages before it"),
        ("network.links", [0], "network.links.0: found 0"),
        ("network.links", [1, 1], "links: found [1, 1]: name every stage once"),
        (
            "network.stages",
            [[3], [3] * 7],
            "stage 2 sees 7 columns to either side, more than the 6 around phi: take fewer convolutions in it",
        ),
        ("network.training_stages", [[3], []], "network.training_stages.1: found []"),
        ("network.training_stages", [[3], [3]], "input of 12 columns does not close in phi when halved 3 times"),
        ("network.pool_padding", 1, "phi circular needs pool_padding 0"),
        ("network.dropout", 1, "network.dropout: found 1"),
        ("labels", "paper3", "labels: found 'paper3'"),
        ("regression.target", "energy", "regression.target: found 'energy'"),
        ("precision.twn.layers", {"block1_1": "int4"}, "precision.twn.layers.block1_1: found 'int4'"),
        ("precision.twn.layers", {"block9_1": "int8"}, "precision.twn.layers: found block9_1"),
        ("precision.twn.formats", {"block9_1": {}}, "precision.twn.formats: found block9_1; it may name block1_1"),
        ("precision.twn.formats", {"classes": {}}, "precision.twn.formats: found classes; it may name block1_1"),
        (
            "precision.twn.formats",
            {"block1_1": {"scaled": {"bits": 17, "fraction": 6}}},
            "precision.twn.formats.block1_1.scaled.bits: found 17",
        ),
        ("training.optimiser", "lamb", "training.optimiser: found 'lamb'"),
        ("network.stages", [[3], []], "network.stages.1: found [], tuple should have at least 1 item"),
        ("network.stages", [[3]] * 4, "input 8 x 12 cannot be halved 3 times"),
        ("training.phases.folded", REMOVE, "phases lacks folded"),
        ("precision.int8", REMOVE, "precision lacks int8"),
    ],
)
def test_parts_that_do_not_fit(recipe: Recipe, write_recipe: Write, key: str, value: object, wanted: str) -> None:
    assert wanted in refused(write_recipe(changed(recipe, key, value)))


def test_networks_that_cannot_be(recipe: Recipe, write_recipe: Write) -> None:
    changed(recipe, "network.kind", "mobilenet")
    recipe["network"]["stages"] = [[3, {"channels": 4, "kernel": 1}], [5]]
    assert "kernel 1 is for kind vgg" in refused(write_recipe(recipe))
    recipe["network"] = {"stages": [[3], [5]], "links": [1], "join": "add"}
    assert "join add needs links with as many channels" in refused(write_recipe(recipe))
    recipe["input"]["rows"] = 9
    recipe["network"] = {"stages": [[3], [5]], "phi": "zero"}
    assert "input 9 x 12 cannot be halved 1 times, or give pool_padding 1" in refused(write_recipe(recipe))
    recipe["network"]["pool_padding"] = 1
    assert load_config(write_recipe(recipe)).network.pool_padding == 1


def test_training_stages_that_leave_no_map(recipe: Recipe, write_recipe: Write) -> None:
    recipe["network"] |= {"phi": "zero", "training_stages": [[3]] * 3}
    assert "input 8 x 12 leaves nothing of stage 5's map: take fewer stages" in refused(write_recipe(recipe))
    recipe["network"]["training_stages"].pop()
    load_config(write_recipe(recipe))


def test_a_gate_on_too_large_a_map(recipe: Recipe, write_recipe: Write) -> None:
    """It was found after full precision was trained."""
    recipe |= {"input": {"grid": "crystal", "rows": 340, "columns": 360}, "network": {"stages": [[3]], "gate": True}}
    message = "precision.int8.gate: a sum over 122400 cells of 7 bits leaves no room for the gate's weights: take false"
    assert message in refused(write_recipe(recipe))
    for kinds in recipe["precision"].values():
        kinds["gate"] = False
    load_config(write_recipe(recipe))


def test_what_a_gate_reads_has_the_networks_format(recipe: Recipe, write_recipe: Write) -> None:
    recipe["network"]["gate"] = True
    recipe["precision"]["int8"]["formats"] = {"block2_1": {"scaled": {"bits": 12, "fraction": 6}}}
    load_config(write_recipe(recipe))
    recipe["precision"]["int8"]["formats"]["block2_1"]["activation"] = {"bits": 9, "fraction": 4}
    message = "precision.int8.formats: a gate or links read block2_1: leave its activation out"
    assert message in refused(write_recipe(recipe))


def test_schema_1_is_upgraded(recipe: Recipe, write_recipe: Write) -> None:
    """Configs of the first release: one kind of network, and the mass scale among what detects."""
    new = load_config(write_recipe(changed(recipe, "regression", {"target": "mass", "scale_gev": 64.0})))
    del recipe["regression"]
    recipe |= {"schema": "jetflow-model-1", "detection": {"mass_scale_gev": 64}}
    recipe["network"]["kind"] = "jetssd"
    assert load_config(write_recipe(recipe)) == new


def test_a_config_is_what_is_written_of_it(recipe: Recipe, write_recipe: Write, tmp_path: Path) -> None:
    recipe["network"]["stages"] = [[3, 4], [5, {"channels": 6, "kernel": 1}]]
    config = load_config(write_recipe(recipe))
    save_config(tmp_path / "again.yaml", config)
    assert load_config(tmp_path / "again.yaml") == config
    assert yaml.safe_load((tmp_path / "again.yaml").read_text())["network"]["stages"] == recipe["network"]["stages"]


def test_label_schemes_are_those_of_events() -> None:
    assert set(get_args(ModelConfig.model_fields["labels"].annotation)) == set(CLASSES)


def test_an_unknown_phase_and_precision(recipe: Recipe, write_recipe: Write) -> None:
    assert "training.phases.warm" in refused(write_recipe(changed(recipe, "training.phases.warm", {})))
    changed(recipe, "training.phases.warm", REMOVE)
    assert "precision.int4" in refused(write_recipe(changed(recipe, "precision.int4", {})))


@pytest.mark.parametrize("content", ["", "- 1\n", "3\n", "words\n", "null\n"])
def test_not_a_mapping(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(content)
    assert "a mapping of keys is needed" in refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"a: [1\n",
        b"a: b: c\n",
        b"\t- x",
        b"\xff\xfe\x00",
        b"\x00",
        b"PK\x03\x04",
        b"a: !!python/object:os.system {}",
        b"when: 2020-13-45\n",  # a date to YAML
        b"[" * 5000,
    ],
)
def test_not_yaml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    assert refused(path).startswith("not a YAML file (")


def test_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.yaml").startswith("not found")
    assert refused(tmp_path).startswith("not a YAML file")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(
        ["name", "classes", "input", "input.channels", "network.stages", "precision.twn", "training.batch"]
    ),
    values,
)
def test_any_value_is_taken_or_refused_in_one_line(tmp_path: Path, key: str, value: object) -> None:
    phase = {"epochs": 1, "peak": 1e-3}
    kinds = {"first": "int8", "body": "ternary", "heads": "int8"}
    recipe = {
        "schema": "jetflow-model-1",
        "name": "tiny",
        "network": {"stages": [[3]]},
        "precision": {"twn": kinds, "int8": kinds},
        "training": {"phases": dict.fromkeys(("fpn", "quantised", "folded"), phase)},
    }
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(changed(recipe, key, value)))
    try:
        load_config(path)
    except InputError as error:
        assert "\n" not in str(error)
        assert str(error).startswith(f"{path}: ")
