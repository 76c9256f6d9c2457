"""Training: targets, losses, the loop and its phases."""

from jetflow.training.run import Run, continue_full_precision, open_run, train

__all__ = ["Run", "continue_full_precision", "open_run", "train"]
