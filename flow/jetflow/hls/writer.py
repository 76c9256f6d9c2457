"""hls4ml's writer without what is not ours to hand over, and with our testbench and build script in its place."""

import shutil
from pathlib import Path
from typing import Any

import yaml
from hls4ml.model.graph import ModelGraph
from hls4ml.writer.vitis_writer import VitisWriter
from hls4ml.writer.vivado_writer import VivadoWriter

from jetflow.hls.sources import build_script

__all__ = ["write"]

# A bridge to Python in floats, its build, a second synthesis script, options of the build script that ours replaces.
NOT_OURS = ("*_bridge.cpp", "build_lib.sh", "vivado_synth.tcl", "build_opt.tcl")


class _Ours:
    """Overrides of both writers."""

    def write_test_bench(self, model: ModelGraph) -> None:
        """Nothing: the testbench of tb/ takes its place."""

    def write_yml(self, model: ModelGraph) -> None:
        """The configuration, for the record; OutputDir is the folder that it stands in."""
        config: dict[str, Any] = model.config.config | {"OutputDir": "."}
        folder = Path(model.config.get_output_dir())
        (folder / "hls4ml_config.yml").write_text(yaml.dump(config, sort_keys=True))


class _Vitis(_Ours, VitisWriter):  # type: ignore[misc]
    pass


class _Vivado(_Ours, VivadoWriter):  # type: ignore[misc]
    pass


def write(model: ModelGraph, folder: Path) -> None:
    """Write the hls4ml project of `model` into `folder`, which exists."""
    model.config.config["OutputDir"] = str(folder)
    (_Vitis if model.config.config["Backend"] == "Vitis" else _Vivado)().write_hls(model)
    for pattern in NOT_OURS:
        for path in folder.glob(pattern):
            path.unlink()
    shutil.copyfile(build_script(), folder / "build_prj.tcl")
