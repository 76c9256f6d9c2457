"""Weights of a network as an npz of plain arrays named `layer/variable`."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from jetflow.errors import InputError
from jetflow.npz import write_npz

__all__ = [
    "Arrays",
    "get_acting_weights",
    "get_weights",
    "read_weights",
    "set_some_weights",
    "set_weights",
    "surplus_weights",
    "write_weights",
]

_DAMAGE = (zipfile.BadZipFile, zlib.error, MemoryError)
FORMAT = "format"  # arrays `block/format` are no variables: folding has put binary points there
Arrays = dict[str, np.ndarray[Any, Any]]


def _variables(model: Any) -> dict[str, Any]:
    """Keras variables by `layer/variable`, in the model's order."""
    return {
        f"{layer.name}/{variable.name.split('/')[-1].split(':')[0]}": variable
        for layer in model.layers
        for variable in layer.weights
    }


def get_weights(model: Any) -> Arrays:
    """The model's variables as float32 arrays."""
    return {name: variable.numpy() for name, variable in _variables(model).items()}


def get_acting_weights(model: Any) -> Arrays:
    """As get_weights, but every kernel as its quantiser makes it: of a folded network, the same integer graph.

    Quantising a folded network's kernel again changes nothing, and a file of it is a fraction of the latent one's.
    """
    arrays = get_weights(model)
    for layer in model.layers:
        for kind in ("kernel", "depthwise"):
            if (quantiser := getattr(layer, f"{kind}_quantizer_internal", None)) is not None:
                name = f"{layer.name}/{'kernel' if kind == 'kernel' else 'depthwise_kernel'}"
                arrays[name] = quantiser(arrays[name]).numpy()
    return arrays


def set_weights(model: Any, arrays: Arrays, source: Path | str) -> None:
    """Set every variable of the model. Raises InputError where a name or shape does not fit the config."""
    for name, variable in _variables(model).items():
        if name not in arrays:
            raise InputError(f"{source}: no weights for {name}: they do not fit the config: train it again")
        if arrays[name].shape != tuple(variable.shape):
            raise InputError(
                f"{source}: {name} has shape {arrays[name].shape}, the config needs {tuple(variable.shape)}: "
                "train it again with this config"
            )
        variable.assign(arrays[name])


def surplus_weights(model: Any, arrays: Arrays) -> list[str]:
    """The arrays that are no variable of the model: those of a network that is more than it."""
    names = _variables(model).keys()
    return [name for name in arrays if name not in names and not name.endswith(f"/{FORMAT}")]


def set_some_weights(model: Any, arrays: Arrays) -> list[str]:
    """Set the variables of the model for which `arrays` has one of their name and shape; returns the others' names."""
    left = []
    for name, variable in _variables(model).items():
        if name in arrays and arrays[name].shape == tuple(variable.shape):
            variable.assign(arrays[name])
        else:
            left.append(name)
    return left


def write_weights(path: Path, arrays: Arrays) -> None:
    """Write a compressed npz atomically: the same arrays and zlib, the same bytes."""
    write_npz(path, arrays, compressed=True)


def read_weights(path: Path) -> Arrays:
    """Read an npz of weights. Raises InputError for a missing or damaged file or a value that is not finite."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found: train the model to make it") from error
    except (ValueError, TypeError, LookupError, RuntimeError, EOFError, OSError, *_DAMAGE) as error:
        raise InputError(
            f"{path}: not an npz of weights ({' '.join(str(error).split())}): train the model again"
        ) from error
    for name, array in arrays.items():
        if not np.issubdtype(array.dtype, np.number) or not np.isfinite(array).all():
            raise InputError(f"{path}: {name} holds values that are not finite numbers: train the model again")
    return arrays
