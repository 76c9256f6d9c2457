"""When each value of a datapath is computed: registers are put behind every few levels of logic."""

from dataclasses import dataclass

from jetflow.rtl.datapath import Datapath

__all__ = ["Schedule", "schedule"]


@dataclass(frozen=True)
class Schedule:
    """`stage[i]`: the pipeline stage that computes value i, from 0; `last[i]`: the last stage that reads it.

    A value that is read in a later stage than its own is kept in a register behind every stage between.
    """

    stages: int
    stage: tuple[int, ...]
    last: tuple[int, ...]

    def kept(self, value: int, stage: int) -> bool:
        """Whether value number `value` has a register behind `stage`."""
        return self.stage[value] <= stage < self.last[value]


def schedule(datapath: Datapath, levels_per_stage: int) -> Schedule:
    """As early as possible; the output word has registers behind the last stage."""
    depth: list[int] = []
    for operation in datapath.operations:
        depth.append(operation.levels + max((depth[i] for i in operation.reads), default=0))
    stage = [max(d - 1, 0) // levels_per_stage for d in depth]
    for i, operation in enumerate(datapath.operations):  # wiring behind a register stands where it is read
        if not operation.levels and operation.reads:
            stage[i] = max(stage[j] for j in operation.reads)
    stages = max(stage, default=0) + 1
    last = list(stage)
    for i, operation in enumerate(datapath.operations):
        for j in operation.reads:
            last[j] = max(last[j], stage[i])
    for field in datapath.outputs:
        last[field.value] = max(last[field.value], stages - 1)
    return Schedule(stages, tuple(stage), tuple(last))
