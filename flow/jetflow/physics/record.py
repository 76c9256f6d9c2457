"""metrics.json of a model: its figures by precision, for other programs and for the model card."""

import json
from pathlib import Path
from typing import Any

from jetflow.atomic import write_text
from jetflow.errors import InputError
from jetflow.physics.models import BASELINE, Results
from jetflow.physics.plain import plain
from jetflow.training.record import read_record

__all__ = ["check_record", "record_metrics"]

SCHEMA = "jetflow-metrics-1"
METRICS = "metrics.json"


def check_record(folder: Path) -> None:
    """Before the work begins: InputError where `folder` is no run, or its metrics.json is damaged."""
    read_record(folder)
    _content(folder / METRICS)


def record_metrics(folder: Path, results: Results) -> Path:
    """Put the figures of the weights in question into `folder`/metrics.json, with the events and steps of its training.

    Where the events hold its jets, the rule-based algorithm's figures stand under `baseline` with the same keys.
    """
    path = folder / METRICS
    content = _content(path)
    record, precision = read_record(folder), results.precision
    trained = {"train_events": record.train_events, "steps": record.steps(precision)}
    content[precision] = {**results.figures, **trained}
    if results.baseline is not None:
        content[BASELINE] = {"precision": BASELINE, **results.baseline.figures, "train_events": 0, "steps": 0}
    write_text(path, json.dumps(plain(content), indent=1) + "\n")
    return path


def _content(path: Path) -> dict[str, Any]:
    """What the file holds, or what a new one begins with. Raises InputError where it is damaged."""
    if not path.exists():
        return {"schema": SCHEMA}
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())}): mend or remove it") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise InputError(f"{path}: holds no {SCHEMA}: remove it")
    return content
