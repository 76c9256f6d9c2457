"""Where collisions happen along the beam."""

from dataclasses import replace

import numpy as np

from jetflow.events.card import Vertex
from jetflow.events.particles import Particles

__all__ = ["spread"]


def spread(particles: Particles, vertex: Vertex, rng: np.random.Generator) -> Particles:
    """Move each event along z by a Gaussian draw [m] that is repeated where it exceeds the limit."""
    z = rng.normal(0.0, vertex.sigma_z_m, len(particles.offsets) - 1)
    while (beyond := np.abs(z) > vertex.limit_m).any():
        z[beyond] = rng.normal(0.0, vertex.sigma_z_m, int(beyond.sum()))
    return replace(particles, z=particles.z + np.repeat(z, np.diff(particles.offsets)))
