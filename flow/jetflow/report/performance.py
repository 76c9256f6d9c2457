"""Time, rate and copies: what follows from cycles and a clock, which says whether it was met or assumed."""

import math

from jetflow.report.figures import Figure

__all__ = ["RATES", "performance"]

RATES = {"copies_40mhz": 40e6, "copies_750khz": 750e3}  # every bunch crossing; the level-1 accept rate of the HL-LHC


def performance(latency: Figure, interval: Figure, clock_mhz: float, known: str) -> list[Figure]:
    """Figures from a latency and an interval in cycles, of the same kind; `known`: whether the clock was met."""
    clock = f"{clock_mhz:g} MHz ({known})"
    rate = clock_mhz * 1e6 / interval.value
    figures = [
        Figure("time_us", latency.value / clock_mhz, "us", latency.kind, f"latency_cycles / {clock}"),
        Figure("rate_khz", rate / 1e3, "kHz", interval.kind, f"{clock} / ii_cycles"),
    ]
    return figures + [
        Figure(name, math.ceil(wanted / rate), "copies", interval.kind, f"ceil({wanted / 1e3:g} kHz / rate_khz)")
        for name, wanted in RATES.items()
    ]
