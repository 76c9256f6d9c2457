"""The hand-written C++ of the checkout: headers of hw/hls, testbench of tb/csim, Tcl of hw/vendor."""

from pathlib import Path

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError

__all__ = ["build_script", "headers", "testbench"]


def headers() -> tuple[Path, ...]:
    """The headers of hw/hls, in order of their names. Raises InputError where the checkout is not complete."""
    return tuple(sorted(_folder("hw/hls").glob("*.h")))


def testbench() -> Path:
    """The C++ testbench. Raises InputError where the checkout is not complete."""
    return _folder("tb/csim") / "testbench.cpp"


def build_script() -> Path:
    """The Tcl that HLS compilers run. Raises InputError where the checkout is not complete."""
    return _folder("hw/vendor") / "hls.tcl"


def _folder(name: str) -> Path:
    folder = CHECKOUT / name
    if not folder.is_dir():
        raise InputError(f"{folder}: not found: install jetflow from its checkout with `pip install -e .`")
    return folder
