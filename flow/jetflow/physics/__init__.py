"""From heads to jets, and how good they are."""

from jetflow.physics.detections import Detections, detect
from jetflow.physics.evaluation import Evaluation, evaluate, paired_difference
from jetflow.physics.models import evaluate_model, figures_table, head_values
from jetflow.physics.record import record_metrics

__all__ = [
    "Detections",
    "Evaluation",
    "detect",
    "evaluate",
    "evaluate_model",
    "figures_table",
    "head_values",
    "paired_difference",
    "record_metrics",
]
