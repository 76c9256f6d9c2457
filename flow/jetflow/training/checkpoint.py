"""What a phase of training leaves after every epoch, from which it goes on after being killed."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from jetflow.atomic import write_text
from jetflow.errors import InputError
from jetflow.networks.weights import get_weights, read_weights, set_weights
from jetflow.npz import write_npz

__all__ = ["Checkpoint"]

LOG_FIELDS = ("epoch", "classification", "localisation", "regression", "total")
OPTIMISER = "optimiser/"


@dataclass
class Checkpoint:
    """A model and its optimiser in `path`, with the losses of the epochs done, which also go to log.csv beside it.

    `held` are more variables by name, those that training.grace keeps.
    """

    model: Any
    optimiser: Any
    path: Path
    held: dict[str, Any] = field(default_factory=dict)
    log: list[dict[str, float]] = field(default_factory=list)

    def save(self) -> None:
        """Write both files, each as a whole."""
        state = {name: variable.numpy() for name, variable in self._state().items()}
        log = np.array([[row[key] for key in LOG_FIELDS] for row in self.log], np.float64)
        write_npz(self.path, {**get_weights(self.model), **state, "log": log})
        self._write_log()

    def restore(self) -> None:
        """Go back to what `path` holds, if it exists. Raises InputError where it is of another network."""
        if not self.path.exists():
            return
        arrays = read_weights(self.path)
        set_weights(self.model, arrays, self.path)
        for name, variable in self._state().items():
            value = arrays.get(name)
            if value is None or value.shape != tuple(variable.shape) or "log" not in arrays:
                raise InputError(f"{self.path}: is no checkpoint of this network: remove the folder and train again")
            variable.assign(value)
        self.log = [{**dict(zip(LOG_FIELDS, row, strict=True)), "epoch": int(row[0])} for row in arrays["log"].tolist()]
        self._write_log()  # a kill may have come between the two files

    def _write_log(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, LOG_FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.log)
        write_text(self.path.with_name("log.csv"), text.getvalue())

    def _state(self) -> dict[str, Any]:
        """The variables of a phase that are not the model's, by their names in the file."""
        return {**{f"{OPTIMISER}{i}": v for i, v in enumerate(self.optimiser.variables)}, **self.held}
