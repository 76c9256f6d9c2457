"""The part, clock and back end of a build: what the user chose, and the target's own where they did not."""

from dataclasses import dataclass
from pathlib import Path

from jetflow.errors import InputError
from jetflow.targets.dsp import find_core
from jetflow.targets.fpga import find_part

__all__ = ["Choice", "check_goal", "check_rtl", "choose"]

FPGA_PART = "xcvu13p-flga2577-2-e"
FPGA_CLOCK_MHZ = 300.0
FPGA_BACKEND = "vitis"
DSP_PART = "sp1000"
DSP_BACKEND = "onnx"
FPGA_FLOW = "hls"
PIXELS_PER_CLOCK = 1
MINIMISE = "latency"


@dataclass(frozen=True)
class Choice:
    """A part that exists, the clock that figures assume, and what the firmware is written for."""

    part: str
    clock_mhz: float
    backend: str
    flow: str


def choose(
    target: str,
    part: str | None,
    clock_mhz: float | None,
    backend: str | None,
    flow: str | None = None,
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


def check_goal(
    target: str, flow: str, ii: int | None, latency_us: float | None, rate_khz: float | None
) -> tuple[int | None, float | None, float | None]:
    """What an HLS project shall reach, unchanged. Raises InputError for several, or where there is no HLS project."""
    options = ("--target-ii", "--target-latency-us", "--target-rate-khz")
    given = [option for option, value in zip(options, (ii, latency_us, rate_khz), strict=True) if value is not None]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)}: give one of them")
    if given and (target != "fpga" or flow == "rtl"):
        raise InputError(f"{given[0]}: is for the HLS project of --target fpga: leave it out")
    return ii, latency_us, rate_khz


def check_rtl(
    target: str,
    flow: str,
    pixels_per_clock: int | None,
    minimise: str | None,
    max_lut: int | None,
    implementations: Path | None = None,
) -> tuple[int, str, int | None]:
    """What the open RTL shall be: pixels a clock, latency or area, most LUTs.

    Raises InputError where there is none, and where `implementations`, a file that says it layer by layer, stands
    beside what would choose.
    """
    choosing = {"--minimise": minimise, "--max-lut": max_lut}
    given = {"--pixels-per-clock": pixels_per_clock, **choosing, "--implementations": implementations}
    for option, value in given.items():
        if value is not None and flow not in ("rtl", "both"):
            way = "leave it out" if target == "dsp" else "add `--flow rtl` or `--flow both`"
            raise InputError(f"{option} {value}: is for the open RTL of --target fpga: {way}")
    if implementations and (chosen := [option for option, value in choosing.items() if value is not None]):
        raise InputError(f"--implementations {implementations}: says how every layer is built: leave {chosen[0]} out")
    return pixels_per_clock or PIXELS_PER_CLOCK, minimise or MINIMISE, max_lut
