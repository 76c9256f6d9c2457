"""The integer graph as an hls4ml project, and its C simulation. Importing this imports neither hls4ml nor Keras."""

from jetflow.hls.compiler import Simulation, compile_simulation
from jetflow.hls.csim import simulate, write_vectors
from jetflow.hls.estimate import DesignEstimate, Fifo, LayerEstimate, estimate_cycles, fifo_bits, fifo_depths, fifos
from jetflow.hls.implementation import Implementation, implementation, implementations
from jetflow.hls.project import BACKENDS, Project, open_project, write_project

__all__ = [
    "BACKENDS",
    "DesignEstimate",
    "Fifo",
    "Implementation",
    "LayerEstimate",
    "Project",
    "Simulation",
    "compile_simulation",
    "estimate_cycles",
    "fifo_bits",
    "fifo_depths",
    "fifos",
    "implementation",
    "implementations",
    "open_project",
    "simulate",
    "write_project",
    "write_vectors",
]
