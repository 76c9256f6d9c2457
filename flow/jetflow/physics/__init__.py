"""From heads to jets, and how good they are."""

from jetflow.physics.detections import Detections, detect
from jetflow.physics.evaluation import Evaluation, evaluate, paired_difference
from jetflow.physics.models import Results, evaluate_model, evaluate_sample
from jetflow.physics.prediction import head_values
from jetflow.physics.record import check_record, record_metrics
from jetflow.physics.sample import Sample, open_sample
from jetflow.physics.tables import comparison_table, fault_table, figures_table, rate_table

__all__ = [
    "Detections",
    "Evaluation",
    "Results",
    "Sample",
    "check_record",
    "comparison_table",
    "detect",
    "evaluate",
    "evaluate_model",
    "evaluate_sample",
    "fault_table",
    "figures_table",
    "head_values",
    "open_sample",
    "paired_difference",
    "rate_table",
    "record_metrics",
]
