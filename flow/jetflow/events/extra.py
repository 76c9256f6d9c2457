"""The optional packages of the `events` extra (GPL parts among them): imported only where events are made."""

import importlib
from typing import Any

from jetflow.errors import MissingToolError

__all__ = ["optional"]


def optional(module: str) -> Any:
    """Import `module`; MissingToolError with the command that installs it where it is absent."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingToolError(
            f"making events needs {module}, which is not installed: pip install 'jetflow[events]'"
        ) from error
