"""Weights on disk: the same bytes for the same arrays, and one line for what does not fit."""

from pathlib import Path

import numpy as np
import pytest

from jetflow.config import ModelConfig
from jetflow.errors import InputError
from jetflow.networks import Phase, build_network, get_weights, read_weights, set_weights, write_weights


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "twn.npz"


def refused(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_weights(path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value)


def test_round_trip_and_same_bytes(config: ModelConfig, path: Path, tmp_path: Path) -> None:
    first, second = build_network(config), build_network(config)
    write_weights(path, get_weights(first))
    arrays = read_weights(path)
    set_weights(second, arrays, path)
    for name, array in get_weights(first).items():
        assert array.dtype == arrays[name].dtype == np.float32
        assert np.array_equal(array, arrays[name])
        assert np.array_equal(array, get_weights(second)[name])
    write_weights(tmp_path / "again.npz", get_weights(second))
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_ternary_kernels_take_little_room(path: Path) -> None:
    kernel = np.random.default_rng(1).integers(-1, 2, (3, 3, 64, 64)).astype(np.float32)
    write_weights(path, {"kernel": kernel})
    assert path.stat().st_size < kernel.size / 2  # bytes
    assert np.array_equal(read_weights(path)["kernel"], kernel)


def test_a_single_number_keeps_its_shape(path: Path) -> None:
    """Optimisers count their steps in one."""
    write_weights(path, {"iteration": np.array(7)})
    assert read_weights(path)["iteration"].shape == ()


def test_names_pass_from_phase_to_phase(config: ModelConfig) -> None:
    """The quantised network takes the full-precision one's weights as they are."""
    full = get_weights(build_network(config))
    quantised = build_network(config, Phase.QUANTISED)
    set_weights(quantised, full, "fpn")
    assert list(get_weights(quantised)) == list(full)


def test_weights_of_another_width(config: ModelConfig) -> None:
    arrays = get_weights(build_network(config))
    wider = config.model_copy(update={"network": config.network.model_validate({"stages": ((3, 6), (5,))})})
    with pytest.raises(InputError) as error:
        set_weights(build_network(wider), arrays, "run/fpn.npz")
    message = str(error.value)
    assert message.startswith("run/fpn.npz: block1_2_conv/kernel has shape (3, 3, 3, 4), the config needs (3, 3, 3, 6)")


def test_weights_of_fewer_layers(config: ModelConfig) -> None:
    arrays = get_weights(build_network(config))
    del arrays["block2_1_prelu/slope"]
    with pytest.raises(InputError, match=r"^run/fpn\.npz: no weights for block2_1_prelu/slope"):
        set_weights(build_network(config), arrays, "run/fpn.npz")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(path: Path, value: float) -> None:
    write_weights(path, {"good": np.zeros(3, np.float32), "bad/kernel": np.array([0.0, value], np.float32)})
    assert "bad/kernel holds values that are not finite" in refused(path)


def test_values_that_are_no_numbers(path: Path) -> None:
    np.savez(path, words=np.array(["a"]))
    assert "words holds values that are not finite numbers" in refused(path)
    np.savez(path, objects=np.array([{}], object))
    assert "not an npz of weights" in refused(path)


def test_missing_file_and_folder(path: Path) -> None:
    assert "not found" in refused(path)
    path.mkdir()
    assert "not an npz of weights" in refused(path)


def test_foreign_and_truncated_files(path: Path) -> None:
    write_weights(path, {"kernel": np.arange(100.0)})
    content = path.read_bytes()
    for length in range(0, len(content) - 1, 40):
        path.write_bytes(content[:length])
        assert "not an npz of weights" in refused(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    assert "not an npz of weights" in refused(path)


def test_a_changed_byte_never_ends_in_a_traceback(path: Path) -> None:
    """The check sum finds it, or it lies in what does not matter."""
    array = np.arange(30.0)
    write_weights(path, {"kernel": array})
    content = path.read_bytes()
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 0x55]) + content[i + 1 :])
        try:
            found = read_weights(path)
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert all(np.array_equal(value, array) for value in found.values()), i
