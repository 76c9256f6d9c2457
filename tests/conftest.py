"""Shared by all tests: the committed events, a small config, and a run that was really trained."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from jetflow.checkout import CHECKOUT
from jetflow.config import ModelConfig, load_config

# The same examples every time, so that a change is blamed for what it breaks; `make nightly` looks for new ones. No
# deadline: a busy machine is no failure.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

SAMPLE = CHECKOUT / "tb" / "events" / "sample-256.h5"

TINY = """
schema: jetflow-model-2
name: tiny
network: {stages: [[3], [4]]}
precision:
  twn: {first: int8, body: ternary, heads: int8}
  int8: {first: int8, body: int8, heads: int8}
training:
  phases:
    fpn: {epochs: 1, peak: 5.0e-3}
    quantised: {epochs: 1, peak: 1.0e-3}
    folded: {epochs: 1, peak: 3.0e-4}
"""


@pytest.fixture(scope="session")
def sample() -> Path:
    """256 real events."""
    return SAMPLE


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config of the smallest network with every kind of layer, without weights."""
    path = tmp_path_factory.mktemp("tiny") / "config.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def tiny_run(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training run of that network on the sample: a folder with fpn.npz and twn.npz."""
    from jetflow.training import open_run, train

    out = tmp_path_factory.mktemp("run") / "tiny"
    run = open_run(tiny_config, [SAMPLE], seed=3, out=out, epochs=None, resume=False)
    train(run, "twn", lambda name: lambda step, steps, loss: None)
    return out


@pytest.fixture
def recipe() -> dict[str, Any]:
    """A valid config to change, as a mapping: a tiny network of two stages on 8 x 12 towers."""
    phases = {name: {"epochs": 1, "peak": 1e-3} for name in ("fpn", "quantised", "folded")}
    return {
        "schema": "jetflow-model-2",
        "name": "tiny",
        "input": {"rows": 8, "columns": 12},
        "network": {"stages": [[3, 4], [5]]},
        "precision": {
            "twn": {"first": "int8", "body": "ternary", "heads": "int8"},
            "int8": {"first": "int8", "body": "int8", "heads": "int8"},
        },
        "training": {"batch": 4, "phases": phases},
    }


@pytest.fixture
def write_recipe(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Writes such a mapping to a file and returns its path."""

    def write(content: dict[str, Any]) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
def config(recipe: dict[str, Any], write_recipe: Callable[[dict[str, Any]], Path]) -> ModelConfig:
    """The config of `recipe`."""
    return load_config(write_recipe(recipe))
