"""Warm starts: weights of another network, as far as their names and shapes allow."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetflow.errors import InputError
from jetflow.model import find_model
from jetflow.networks.weights import Arrays, read_weights, set_some_weights
from jetflow.training.record import digest

__all__ = ["Start", "read_start", "warm_start"]


@dataclass(frozen=True)
class Start:
    """Weights to start from: what the user called them, the arrays, and the digest of their file."""

    reference: str
    arrays: Arrays
    digest: str


def read_start(reference: str) -> Start:
    """Weights by npz file, or the full-precision ones of a model's name or a run. Raises InputError for bad ones."""
    path = Path(reference) if reference.endswith(".npz") else find_model(reference).weights_path("fpn")
    arrays = read_weights(path)
    return Start(reference, arrays, digest(path))


def warm_start(model: Any, start: Start) -> str:
    """Set the variables of `model` that `start` has with their shape; returns a line that says which it has not.

    Raises InputError where none fits.
    """
    left = set_some_weights(model, start.arrays)
    total = len(model.weights)
    if len(left) == total:
        raise InputError(f"{start.reference}: none of its weights fits the config: choose another --start-from")
    blocks = list(dict.fromkeys(name.split("/")[0] for name in left))
    more = ", ..." if len(blocks) > 4 else ""
    fresh = f"; fresh: {', '.join(blocks[:4])}{more}" if left else ""
    return f"start from {start.reference}: {total - len(left)} of {total} arrays fit{fresh}"
