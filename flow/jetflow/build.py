"""A build on disk: a folder with the integer graph, the firmware made from it, and what was found about them."""

import json
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.atomic import write_text
from jetflow.errors import InputError
from jetflow.graph import Graph, load_graph, predict

__all__ = ["Build", "Settings", "check_folder", "open_build", "start_build"]

SCHEMA = "jetflow-build-1"
SETTINGS = "settings.json"
EVENTS = "events.npz"
PART = ".*.part"  # what was being written when a build was killed, see jetflow.atomic


@dataclass(frozen=True)
class Settings:
    """What was asked for; settings.json, the first file of a build."""

    model: str
    precision: str
    target: str
    part: str
    clock_mhz: float
    backend: str
    lsb_gev: float  # one count of the input
    channels: tuple[str, ...]  # collections of cells that the input is made of
    flow: str = "hls"  # hls, rtl or both; onnx for a DSP
    target_ii: int | None = None  # what the HLS project shall reach, one of these three; none: the input stream's rate
    target_latency_us: float | None = None
    target_rate_khz: float | None = None
    pixels_per_clock: int = 1  # at the open RTL's input, as what follows
    minimise: str = "latency"  # or area
    max_lut: int | None = None  # None: what the part holds
    implementations: dict[str, Any] | None = None  # of the layers, as in interface.json, where a file says them
    schema: str = SCHEMA


@dataclass(frozen=True)
class Build:
    """A build's folder and its settings."""

    folder: Path
    settings: Settings

    @cached_property
    def graph(self) -> Graph:
        """The integer graph. Raises InputError where its files are missing or damaged."""
        return load_graph(self.folder)

    @property
    def events(self) -> Path:
        """The images that the build was verified on, as counts."""
        return self.folder / EVENTS

    @property
    def hls(self) -> Path:
        """The hls4ml project."""
        return self.folder / "hls"

    @property
    def design(self) -> Path:
        """How the layers of the HLS project are built, and its FIFOs."""
        return self.folder / "design.json"

    @property
    def rtl(self) -> Path:
        """The open RTL."""
        return self.folder / "rtl"

    def has(self, flow: str) -> bool:
        """Whether the firmware of `flow` (hls, rtl, onnx) is part of the build."""
        return flow in (("hls", "rtl") if self.settings.flow == "both" else (self.settings.flow,))

    @property
    def onnx_folder(self) -> Path:
        """The ONNX models of a DSP build."""
        return self.folder / "onnx"

    def onnx(self, format: str) -> Path:
        """The ONNX model in one of the formats of jetflow.export.onnx."""
        return self.onnx_folder / f"{self.settings.model}.{format}.onnx"

    @property
    def simulation(self) -> Path:
        """What the C simulation needs and writes: no part of the hand-over."""
        return self.folder / "sim"

    @property
    def synthesis(self) -> Path:
        """Where vendor tools work: no part of the hand-over."""
        return self.folder / "synth"

    @property
    def parts(self) -> Path:
        """What an interrupted gate has simulated already."""
        return self.simulation / "parts"

    def forget_results(self) -> None:
        """Remove what was found about firmware that is about to be replaced."""
        found = (
            "verify.json",
            "verify.xml",
            "timing.json",
            "mapping.json",
            "sharing.json",
            "latency.json",
            "synthesis.json",
        )
        for name in ("manifest.json", "design.json", *found, "report.json", "report.md", "stages.json"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.synthesis, ignore_errors=True)

    def predict(self, images: NDArray[np.integer[Any]]) -> dict[str, NDArray[np.float64]]:
        """The heads' real values of count images (events, rows, columns, channels), float64 by name.

        They are what the firmware computes: mantissas of the integer graph, times their least significant bit.
        """
        return {name: m * self.graph[name].format.lsb for name, m in predict(self.graph, images).items()}


def check_folder(folder: Path) -> None:
    """Raises InputError where `folder` may not become a build: it is a file, or holds files that are none of ours."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, --out needs a folder: choose another")
    if folder.exists() and not (folder / SETTINGS).exists() and set(folder.iterdir()) - set(folder.glob(PART)):
        raise InputError(f"{folder}: holds files that are no build of jetflow: choose another --out, or empty it")


def start_build(folder: Path, settings: Settings) -> Build:
    """Mark `folder` as a build, and clear it of what a killed one left half-written, in its subfolders too."""
    for path in sorted(folder.rglob(PART)):  # a folder before what is in it
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    write_text(folder / SETTINGS, json.dumps(asdict(settings), indent=1) + "\n")
    return Build(folder, settings)


def open_build(folder: Path) -> Build:
    """Open what `jetflow build` wrote. Raises InputError where it is no build, of another schema, or not finished."""
    path = folder / SETTINGS
    try:
        content = json.loads(path.read_text())
        if content["schema"] != SCHEMA:
            raise InputError(f"{path}: schema is {content['schema']!r}, this jetflow reads {SCHEMA!r}: build again")
        settings = Settings(**content | {"channels": tuple(content["channels"])})
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{folder}: no build of jetflow (no {SETTINGS}): run `jetflow build --out {folder}`"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: damaged ({error}): build again") from error
    if not (folder / "manifest.json").exists() or not (folder / EVENTS).exists():
        raise InputError(f"{folder}: the build was interrupted: run `jetflow build` again")
    return Build(folder, settings)
