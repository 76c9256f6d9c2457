"""Training: targets, losses, the loop and its phases, slimming."""

from jetflow.training.run import Run, continue_full_precision, open_run, train
from jetflow.training.slimming import Slimming, slim
from jetflow.training.start import Start, read_start

__all__ = ["Run", "Slimming", "Start", "continue_full_precision", "open_run", "read_start", "slim", "train"]
