"""External programs that a command cannot do without."""

import shutil

from jetflow.doctor import TOOLS
from jetflow.errors import MissingToolError

__all__ = ["require"]


def require(command: str) -> str:
    """The path of a program. Raises MissingToolError that says what it is for and how to install it."""
    path = shutil.which(command)
    if path is None:
        tool = next(tool for tool in TOOLS if tool.command == command)
        raise MissingToolError(f"{command}: not found, needed to {tool.purpose}: install it with `{tool.install}`")
    return path
