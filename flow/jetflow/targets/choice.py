"""The part, clock and back end of a build: what the user chose, and the target's own where they did not."""

from dataclasses import dataclass

from jetflow.errors import InputError
from jetflow.targets.dsp import find_core
from jetflow.targets.fpga import find_part

__all__ = ["Choice", "choose"]

FPGA_PART = "xcvu13p-flga2577-2-e"
FPGA_CLOCK_MHZ = 300.0
FPGA_BACKEND = "vitis"
DSP_PART = "sp1000"
DSP_BACKEND = "onnx"
FPGA_FLOW = "hls"


@dataclass(frozen=True)
class Choice:
    """A part that exists, the clock that figures assume, and what the firmware is written for."""

    part: str
    clock_mhz: float
    backend: str
    flow: str


def choose(
    target: str, part: str | None, clock_mhz: float | None, backend: str | None, flow: str | None = None
) -> Choice:
    """The choice for `target`, fpga or dsp. Raises InputError for an unknown part or an option of the other target."""
    if target == "fpga":
        number = find_part(part or FPGA_PART).number
        return Choice(number, clock_mhz or FPGA_CLOCK_MHZ, backend or FPGA_BACKEND, flow or FPGA_FLOW)
    name = part or DSP_PART
    core = find_core(name)
    for option, value in (("--clock-mhz", clock_mhz), ("--backend", backend), ("--flow", flow)):
        if value is not None:
            raise InputError(f"{option} {value}: is for --target fpga; a DSP's is in hw/targets/dsp.yaml: leave it out")
    return Choice(name, core.clock_mhz, DSP_BACKEND, DSP_BACKEND)
