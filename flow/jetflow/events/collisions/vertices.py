"""Where collisions happen along the beam."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jetflow.events.detector.card import Vertex
from jetflow.events.particles import Particles

__all__ = ["draw_vertices", "moved"]


def draw_vertices(count: int, vertex: Vertex, rng: np.random.Generator) -> NDArray[np.float64]:
    """`count` positions along z [m]: Gaussian, drawn again where they exceed the limit."""
    z = rng.normal(0.0, vertex.sigma_z_m, count)
    while (beyond := np.abs(z) > vertex.limit_m).any():
        z[beyond] = rng.normal(0.0, vertex.sigma_z_m, int(beyond.sum()))
    return z


def moved(particles: Particles, z: NDArray[np.float64]) -> Particles:
    """Move event i by z[i] [m] along the beam."""
    return replace(particles, z=particles.z + z[particles.event()])
