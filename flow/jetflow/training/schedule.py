"""The learning rate: one cycle, or the papers' steps."""

import math

from jetflow.recipe import PhaseConfig

__all__ = ["learning_rate", "one_cycle"]


def learning_rate(phase: PhaseConfig, step: int, steps_an_epoch: int) -> float:
    """Learning rate at `step` of a phase, by its schedule."""
    if phase.halve_after is None:
        return one_cycle(step, phase.epochs * steps_an_epoch, phase.peak, phase.warm_up)
    return phase.peak * 0.5 ** sum(step >= epoch * steps_an_epoch for epoch in phase.halve_after)


def one_cycle(step: int, steps: int, peak: float, warm_up: float) -> float:
    """Linear warm-up to `peak` over the first `warm_up` share of `steps`, then half a cosine to zero."""
    rise = warm_up * steps
    if step < rise:
        return peak * (step + 1) / (rise + 1)
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(steps - rise, 1)))
