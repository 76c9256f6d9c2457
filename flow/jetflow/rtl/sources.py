"""SystemVerilog by module name: the hand-written modules, and what one module is made of."""

import re
from collections.abc import Mapping
from pathlib import Path

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError

__all__ = ["hand_written", "with_parts"]


def hand_written() -> list[Path]:
    """The files of hw/rtl; each is called as its module. Raises InputError without a checkout."""
    folder = CHECKOUT / "hw" / "rtl"
    if not folder.is_dir():
        raise InputError(f"{folder}: not found: install jetflow from its checkout with `pip install -e .`")
    return sorted(folder.glob("*.sv"))


def with_parts(texts: Mapping[str, str], top: str, without: frozenset[str] = frozenset()) -> list[str]:
    """The text of module `top`, of all modules that it names and those name, but for `without`; in a fixed order."""
    known = texts.keys() - without
    found, waiting = [top], [top]
    while waiting:
        words = set(re.findall(r"\w+", texts[waiting.pop()]))
        parts = sorted(words & known - set(found))
        found += parts
        waiting += parts
    return [texts[name] for name in found]
