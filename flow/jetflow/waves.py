"""A waveform of a build's open RTL: one event through the top module and the streams between its layers."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import atomic_path
from jetflow.build import Build
from jetflow.errors import InputError

__all__ = ["check_waves", "record_waves"]


def check_waves(build: Build, path: Path) -> None:
    """Raises InputError where no waveform of `build` can be written to `path`."""
    if not build.has("rtl"):
        raise InputError(
            f"--waves {path}: {build.folder} holds no open RTL: build it with `--flow rtl` or `--flow both`"
        )
    if path.is_dir():
        raise InputError(f"--waves {path}: is a folder: name a file")


def record_waves(build: Build, image: NDArray[np.integer[Any]], path: Path) -> None:
    """Write `path` (VCD) of one event, counts (rows, columns, channels): two units of time are a clock. Raises
    InputError where check_waves does.
    """
    check_waves(build, path)
    from jetflow.rtl import compile_model, open_design, simulate

    design = open_design(build.graph, build.rtl)
    model = compile_model(design, build.simulation, trace=True)
    with atomic_path(path) as part:
        simulate(design, model, image[None], waveform=part)
