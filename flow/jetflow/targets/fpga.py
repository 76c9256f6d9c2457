"""FPGA parts: which device a part number names, and what it holds (hw/targets/fpga.yaml)."""

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError
from jetflow.yaml_model import load_yaml

__all__ = ["Device", "Part", "find_part"]

DEVICES = CHECKOUT / "hw" / "targets" / "fpga.yaml"


class Device(BaseModel):
    """What a device holds, from the vendor's data sheet `source`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    lut: int = Field(gt=0)
    ff: int = Field(gt=0)
    bram18: int = Field(gt=0)
    uram: int = Field(ge=0)
    dsp: int = Field(gt=0)
    source: str


class _Devices(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["jetflow-fpga-1"] = Field(alias="schema")
    devices: dict[str, Device]


@dataclass(frozen=True)
class Part:
    """A full part number, as synthesis tools take it, and its device."""

    number: str
    device: Device


def find_part(number: str) -> Part:
    """The part called `number`, for example xcvu13p-flga2577-2-e. Raises InputError for an unknown device."""
    devices = load_yaml(DEVICES, _Devices).devices
    name = number.split("-")[0]
    if name not in devices or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){1,4}", number):
        raise InputError(
            f"--part {number}: not DEVICE-PACKAGE-SPEED with a known device; known: {', '.join(devices)} "
            "(add others to hw/targets/fpga.yaml)"
        )
    return Part(number, devices[name])
