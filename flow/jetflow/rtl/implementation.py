"""How the arithmetic of a layer is laid out: all at once, or folded over the clocks that a pixel has.

Behind k poolings a layer has 4**k clocks a pixel at one pixel a clock. Who chooses gives `make_plan` and `write_design`
a mapping from the names of layers to implementations; a layer without an entry is unrolled. `Implementation.clocks` is
what a pixel takes, whatever it has: where that is more, the layer sets the pace of the design.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jetflow.errors import InputError

__all__ = ["UNROLLED", "Choices", "Implementation", "Style", "choices_from"]


class Style(StrEnum):
    """What is fed to the fixed adder graph of a layer in a clock."""

    UNROLLED = "unrolled"  # whole pixels; one a clock
    DISTRIBUTED = "distributed"  # a digit of every activation, through parallel adders; digits are accumulated
    SERIAL = "serial"  # a digit of every activation, the lowest first, through narrow adders that keep their carries
    MULTIPLIED = "multiplied"  # whole activations, of a part of the channels, through multipliers in DSP slices


@dataclass(frozen=True)
class Implementation:
    """`clocks`: that one pixel takes; `digit`: bits of an activation that enter in a clock (0: all of them)."""

    style: Style = Style.UNROLLED
    clocks: int = 1
    digit: int = 0

    @property
    def folded(self) -> bool:
        """Whether a pixel takes several clocks."""
        return self.clocks > 1


UNROLLED = Implementation()
Choices = Mapping[str, Implementation]  # by name of the layer


def choices_from(content: object) -> dict[str, Implementation]:
    """Choices from their JSON form (a mapping of mappings). Raises InputError for anything else."""
    if not isinstance(content, Mapping):
        raise InputError(f"implementations: {content!r:.60} is no mapping from the names of layers")
    return {str(name): _choice(str(name), fields) for name, fields in content.items()}


def _choice(name: str, fields: object) -> Implementation:
    if not isinstance(fields, Mapping) or fields.keys() != {"style", "clocks", "digit"}:
        raise InputError(f"{name}: {fields!r:.60}: a style, clocks and digit are needed")
    style, clocks, digit = fields["style"], fields["clocks"], fields["digit"]
    if style not in list(Style):
        raise InputError(f"{name}: style: {style!r:.60} is none of {', '.join(Style)}")
    for key, number, least in (("clocks", clocks, 1), ("digit", digit, 0)):
        if type(number) is not int or number < least:
            raise InputError(f"{name}: {key}: {number!r:.60} is no whole number from {least} on")
    return Implementation(Style(style), clocks, digit)
