"""Training: targets, losses, the loop and its phases."""

from jetflow.training.run import check_out, continue_full_precision, train

__all__ = ["check_out", "continue_full_precision", "train"]
