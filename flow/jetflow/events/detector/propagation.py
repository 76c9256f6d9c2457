"""From the collision to the calorimeter: helices in the solenoid, straight lines for neutral particles."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jetflow.events.detector.card import Detector
from jetflow.events.particles import Deposits, Particles

__all__ = ["Entry", "at_calorimeter", "deposits", "propagate"]

Floats = NDArray[np.float64]


class Entry(NamedTuple):
    """Where particles cross a cylinder: eta and phi as seen from the origin, and whether they do; arrays (n,)."""

    eta: Floats
    phi: Floats
    hit: NDArray[np.bool_]


_C = 0.299792458  # GeV / (T m)


def _line(p: Particles, pt: Floats, radius: float) -> Floats:
    """Path in the transverse plane [m] from the production point to `radius`, for a straight line."""
    ux, uy = p.px / pt, p.py / pt
    along = p.x * ux + p.y * uy
    path: Floats = np.sqrt(np.maximum(along**2 + radius**2 - p.x**2 - p.y**2, 0.0)) - along
    return path


def propagate(p: Particles, field: float, radius: float, half_length: float) -> Entry:
    """Where each particle meets the cylinder of `radius` and `half_length` [m] about the beam, from inside.

    `field` [T] along z bends the track with curvature radius pT / (0.2998 |q| B) [m], clockwise for positive
    charge. With c the centre of the circle and d = |c|, the track is at `radius` where the turning angle t obeys
    sin^2(t / 2 + t0) = (radius^2 - (d - rc)^2) / (4 rc d); a track that curls up leaves through an endcap.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pt = np.hypot(p.px, p.py)
        slope = p.pz / pt
        flight = np.where(p.pz > 0, half_length - p.z, -half_length - p.z) / slope  # transverse path to the endcap
        flight = np.where(p.pz == 0, np.inf, flight)
        phi0 = np.arctan2(p.py, p.px)
        bent = (p.charge != 0) & (field != 0)
        rc = pt / (_C * np.where(bent, np.abs(p.charge * field), 1.0))
        turn = -np.sign(p.charge * field)
        xc, yc = p.x - turn * rc * np.sin(phi0), p.y + turn * rc * np.cos(phi0)
        d = np.hypot(xc, yc)
        share = (radius**2 - (d - rc) ** 2) / (4 * rc * d)
        start = turn * (phi0 - np.arctan2(yc, xc)) + np.pi / 2
        angle = np.mod(2 * np.arcsin(np.sqrt(np.clip(share, 0, 1))) - start, 2 * np.pi)
        barrel = np.where(bent, np.where(share > 1, np.inf, angle * rc), _line(p, pt, radius))
        path = np.minimum(barrel, flight)
        alpha = np.where(bent, turn * path / rc, 0.0)
        x = np.where(bent, p.x + turn * rc * (np.sin(phi0 + alpha) - np.sin(phi0)), p.x + path * np.cos(phi0))
        y = np.where(bent, p.y - turn * rc * (np.cos(phi0 + alpha) - np.cos(phi0)), p.y + path * np.sin(phi0))
        z = p.z + path * slope
        eta, phi = np.arcsinh(z / np.hypot(x, y)), np.arctan2(y, x)
    inside = (np.hypot(p.x, p.y) < radius) & (np.abs(p.z) < half_length)
    return Entry(eta, phi, inside & np.isfinite(eta) & np.isfinite(phi) & (pt > 0))


def at_calorimeter(p: Particles, detector: Detector) -> Entry:
    """Where the particles enter the calorimeter."""
    return propagate(p, detector.field_tesla, detector.radius_m, detector.half_length_m)


def deposits(p: Particles, entry: Entry, detector: Detector) -> Deposits:
    """What particles that enter at `entry` leave in the calorimeters: those inside the image that leave energy."""
    share = [calorimeter.fraction(p.pdg) for calorimeter in detector.calorimeters.values()]
    with np.errstate(invalid="ignore"):
        keep = entry.hit & (np.abs(entry.eta) < detector.cells.eta_max) & (share[0] + share[1] > 0)
    kept = np.concatenate([[0], np.cumsum(keep)])
    return Deposits(
        offsets=kept[p.offsets].astype(np.int64),
        eta=entry.eta[keep].astype(np.float32),
        phi=entry.phi[keep].astype(np.float32),
        ecal=(p.e * share[0])[keep].astype(np.float32),
        hcal=(p.e * share[1])[keep].astype(np.float32),
    )
