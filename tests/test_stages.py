"""A build says how long its stages took, and which of them did not run."""

import json
import time
from pathlib import Path

from jetflow.stages import Stages


def test_each_stage_has_its_own_time(tmp_path: Path) -> None:
    lines: list[str] = []
    stages = Stages(lines.append)
    time.sleep(0.02)
    stages.end("first", "found this")
    stages.end("second", "unchanged", ran=False)
    stages.write(tmp_path)
    assert [line.rsplit(" (", 1)[0] for line in lines] == ["first: found this", "second: unchanged"]
    content = json.loads((tmp_path / "stages.json").read_text())
    assert [(s["name"], s["ran"]) for s in content["stages"]] == [("first", True), ("second", False)]
    assert content["stages"][0]["seconds"] >= 0.02
    assert sum(s["seconds"] for s in content["stages"]) < 60
