"""metrics.json of a model: its figures by precision, for other programs and for the model card."""

import json
from pathlib import Path
from typing import Any

from jetflow.atomic import write_text
from jetflow.training.record import read_record

__all__ = ["record_metrics"]

SCHEMA = "jetflow-metrics-1"


def record_metrics(folder: Path, figures: dict[str, Any]) -> Path:
    """Put the figures of one precision into `folder`/metrics.json, with the events and steps of its training."""
    path = folder / "metrics.json"
    content = json.loads(path.read_text()) if path.exists() else {"schema": SCHEMA}
    record = read_record(folder)
    precision = figures["precision"]
    content[precision] = {**figures, "train_events": record.train_events, "steps": record.steps(precision)}
    write_text(path, json.dumps(content, indent=1) + "\n")
    return path
