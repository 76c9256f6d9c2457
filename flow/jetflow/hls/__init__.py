"""The integer graph as an hls4ml project, and its C simulation. Importing this imports neither hls4ml nor Keras."""

from jetflow.hls.compiler import Simulation, compile_simulation
from jetflow.hls.csim import simulate, write_vectors
from jetflow.hls.design import Design, build_design, make_design, read_design, write_design
from jetflow.hls.estimate import DesignEstimate, Fifo, LayerEstimate, estimate_cycles, fifos
from jetflow.hls.implementation import Implementation, fastest, implementation
from jetflow.hls.project import BACKENDS, Project, open_project, write_project
from jetflow.hls.solver import INPUT_RATE, Goal, settings_goal

__all__ = [
    "BACKENDS",
    "INPUT_RATE",
    "Design",
    "DesignEstimate",
    "Fifo",
    "Goal",
    "Implementation",
    "LayerEstimate",
    "Project",
    "Simulation",
    "build_design",
    "compile_simulation",
    "estimate_cycles",
    "fastest",
    "fifos",
    "implementation",
    "make_design",
    "open_project",
    "read_design",
    "settings_goal",
    "simulate",
    "write_design",
    "write_project",
    "write_vectors",
]
