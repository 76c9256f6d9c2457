"""YAML files as frozen pydantic models: unknown keys and wrong values are named in one line."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from jetflow.errors import InputError

__all__ = ["Frozen", "load_yaml"]

M = TypeVar("M", bound=BaseModel)


class Frozen(BaseModel):
    """Base of all sections: unknown keys are errors, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def load_yaml(path: Path, model: type[M]) -> M:
    """Read `path` into `model`. Raises InputError, one line with file, key, found and allowed."""
    try:
        content: Any = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found: give the path of a YAML file that exists") from error
    except (yaml.YAMLError, ValueError, RecursionError, OSError) as error:  # YAML's dates and numbers raise ValueError
        raise InputError(f"{path}: not a YAML file ({' '.join(str(error).split())}): mend or replace it") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: found {type(content).__name__}, a mapping of keys is needed: see models/")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    """The first problem of a ValidationError in one line."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"]) or "whole file"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key: remove it or correct its spelling"
    if problem["type"] == "missing":
        return f"{key}: missing: add it"
    found = "" if isinstance(problem["input"], dict | BaseModel) else f"found {problem['input']!r}, "
    return f"{key}: {found}{message[:1].lower()}{message[1:]}: correct the value"
