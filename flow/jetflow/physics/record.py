"""metrics.json of a model: its figures by precision, for other programs and for the model card."""

import json
from pathlib import Path

from jetflow.atomic import write_text
from jetflow.physics.models import BASELINE, Results
from jetflow.physics.plain import plain
from jetflow.training.record import read_record

__all__ = ["record_metrics"]

SCHEMA = "jetflow-metrics-1"


def record_metrics(folder: Path, results: Results) -> Path:
    """Put the figures of the weights in question into `folder`/metrics.json, with the events and steps of its training.

    Where the events hold its jets, the rule-based algorithm's figures stand under `baseline` with the same keys.
    """
    path = folder / "metrics.json"
    content = json.loads(path.read_text()) if path.exists() else {"schema": SCHEMA}
    record, precision = read_record(folder), results.precision
    trained = {"train_events": record.train_events, "steps": record.steps(precision)}
    content[precision] = {**results.figures, **trained}
    if results.baseline is not None:
        content[BASELINE] = {"precision": BASELINE, **results.baseline.figures, "train_events": 0, "steps": 0}
    write_text(path, json.dumps(plain(content), indent=1) + "\n")
    return path
