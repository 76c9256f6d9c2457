"""The gate: every back end of a build against the reference executor, word for word."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jetflow.build import Build
from jetflow.graph.comparison import SimulationResult
from jetflow.verify.checks import Check, RtlRun, checks
from jetflow.verify.junit import write_junit
from jetflow.verify.result import as_json, describe, read_result, write_result

__all__ = ["Progress", "Verdict", "passed_before", "verify"]

Images = NDArray[np.integer[Any]]
Progress = Callable[[str, int, int], None]  # (comparison, events more, events in all)


@dataclass(frozen=True)
class Verdict:
    """What the gate found: the content of verify.json, and a line for every node that differs."""

    content: dict[str, Any]
    differences: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing differs."""
        return bool(self.content["exact"])

    @property
    def summary(self) -> str:
        """One line."""
        parts = [f"{name} {entry['events']} images" for name, entry in self.content["comparisons"].items()]
        words = sum(entry["words"] for entry in self.content["comparisons"].values())
        return f"{', '.join(parts)}: {self.content['differing']} of {words} words differ"


def verify(
    build: Build,
    images: Images,
    trace: bool,
    progress: Progress,
    inputs: str | None = None,
    rtl: RtlRun | None = None,
    prepared: Callable[[str], None] = lambda found: None,
) -> Verdict:
    """Compile what is on disk and compare it with the reference on `images` (counts) and on stress images.

    With `trace` every layer is compared. Writes verify.json and verify.xml (JUnit) into the build. Where outputs
    differ without `trace`, the comparison is made again with it, so that the first layer that differs is named.
    `inputs` is a digest of all that the result depends on, kept for passed_before. After a kill the C simulation
    goes on where it was. `prepared` is called with the comparisons' names when all is compiled and they begin.
    """
    graph = build.graph
    planned = list(checks(build, images, rtl or RtlRun()))
    prepared(", ".join(check.name for check in planned))

    def run(check: Check, every_layer: bool) -> SimulationResult:
        return check.simulate(check.images, every_layer, lambda events: progress(check.name, events, len(check.images)))

    def compare(check: Check) -> SimulationResult:
        result = run(check, trace)
        return run(check, True) if result.differing and not trace else result

    results = {check.name: compare(check) for check in planned}
    real = frozenset(check.name for check in planned if check.real)
    content = {**as_json(results, real), "inputs": inputs}
    write_result(build.folder, content)
    write_junit(build.folder / "verify.xml", graph, results)
    shutil.rmtree(build.parts, ignore_errors=True)
    lines = [
        f"{name}: {describe(graph, node)}" for name, result in results.items() for node in result.nodes if node.first
    ]
    return Verdict(content, tuple(lines))


def passed_before(build: Build, inputs: str) -> Verdict | None:
    """The verdict of an earlier run of the gate that passed with the same `inputs`, if there is one."""
    content = read_result(build.folder)
    return Verdict(content) if content.get("inputs") == inputs and content.get("exact") is True else None
