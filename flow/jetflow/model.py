"""A trained model on disk: a folder with config.yaml and an npz of weights a precision."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetflow.checkout import CHECKOUT
from jetflow.config import ModelConfig, load_config
from jetflow.errors import InputError
from jetflow.graph.graph import Graph, GraphError

__all__ = ["MODELS", "Model", "find_model", "model_names"]

MODELS = CHECKOUT / "models"


@dataclass(frozen=True)
class Model:
    """A config and the folder that holds its weights; `reference` is what the user called it."""

    reference: str
    config_path: Path
    config: ModelConfig

    @property
    def folder(self) -> Path:
        """Where the weights are: beside the config."""
        return self.config_path.parent

    def weights_path(self, precision: str) -> Path:
        """The npz of a precision. Raises InputError that names the train command if it is not there."""
        path = self.folder / f"{precision}.npz"
        if not path.exists() and precision not in ("fpn", "twn", "int8"):
            present = ", ".join(sorted(file.stem for file in self.folder.glob("*.npz"))) or "none"
            raise InputError(f"{path}: {self.config.name} has no {precision} weights; found: {present}")
        if not path.exists():
            raise InputError(
                f"{path}: {self.config.name} has no {precision} weights: "
                f"train them with `jetflow train {self.reference} --precision {precision} --events FILE --out RUN`"
            )
        return path

    def network(self, precision: str) -> Any:
        """The trained Keras model: folded and quantised for `twn` and `int8`, else full precision (`fpn`, ...).

        Raises InputError for weights that are not there, damaged, or those of another network.
        """
        path = self.weights_path(precision)
        from jetflow.networks import (
            Phase,
            build_network,
            folded_formats,
            read_weights,
            set_weights,
            surplus_weights,
            unfit_blocks,
        )

        arrays = read_weights(path)
        formats = folded_formats(arrays)
        phase = Phase.FOLDED if precision in ("twn", "int8") else Phase.FPN
        if phase is Phase.FOLDED and (unfit := unfit_blocks(self.config, precision, formats)):
            raise InputError(
                f"{path}: {unfit[0]}: its weights are not folded as the config wants: train with this config"
            )
        model = build_network(self.config, phase, precision, formats)
        set_weights(model, arrays, path)
        if surplus := surplus_weights(model, arrays):
            raise InputError(
                f"{path}: {surplus[0]}: the config's network has nothing of this name: the weights are another one's: "
                "train with this config"
            )
        return model

    def graph(self, precision: str) -> Graph:
        """The integer graph of a quantised precision."""
        if precision == "fpn":
            raise InputError("precision fpn is for training and evaluation only: build with --precision twn or int8")
        model = self.network(precision)
        from jetflow.graph.lowering import lower

        try:
            return lower(model, self.config.input.fixed_point())
        except GraphError as error:
            raise InputError(f"{self.weights_path(precision)}: no exact integer graph: {error}") from error

    def firmware_graph(self, precision: str) -> Graph:
        """The integer graph that an FPGA runs: with boxes for outputs where the config wants them."""
        from jetflow.graph import with_boxes

        graph, boxes = self.graph(precision), self.config.detection.firmware
        return graph if boxes is None else with_boxes(graph, boxes.threshold, boxes.top)


def model_names() -> list[str]:
    """The models that come with jetflow."""
    return sorted(path.parent.name for path in MODELS.glob("*/config.yaml"))


def find_model(reference: str) -> Model:
    """A model by NAME (of models/), RUN (a folder that `jetflow train` wrote) or FILE.yaml.

    Raises InputError for an unknown name or a bad config.
    """
    given = Path(reference)
    if reference in model_names():
        path = MODELS / reference / "config.yaml"
    elif given.suffix in (".yaml", ".yml"):
        path = given
    elif given.is_dir():
        path = given / "config.yaml"
    else:
        raise InputError(
            f"{reference}: no such model; found: {', '.join(model_names())}; "
            "a folder of `jetflow train` or a FILE.yaml may be given too"
        )
    return Model(reference, path, load_config(path))
