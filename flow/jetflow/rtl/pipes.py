"""Pipelines that move as a whole or wait for their reader, word by word: where queues fill, no word is like the last.

What stands behind one `advance` counts clocks of its own: those in which it moves. A word that is at the output at the
pipeline's clock `own` holds all up until its reader has room for it, and what the pipeline does from there on happens
`left - own` real clocks later than it counts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import NamedTuple

from jetflow.errors import InputError

__all__ = ["Known", "Pipe", "Step", "Words", "run"]

Known = Callable[[int], int | None]  # the clock of word number k; None where it is not known yet


class Step(NamedTuple):
    """`needs`: the beat that comes next has to be there; `takes`: it is taken, `held` clocks later; `leaves`: a word is
    at the output `delay` clocks later; `clocks`: until the next step.
    """

    needs: bool
    takes: bool
    leaves: bool
    clocks: int


@dataclass(frozen=True, eq=False)
class Words:
    """A stream: by word the pipeline's clock and the real one in which it is at the output, and the real one in which
    it leaves, when all of `readers` have had room for it.
    """

    readers: list[Known] = field(default_factory=list)  # the clock from which on each has room for a word
    own: list[int] = field(default_factory=list)
    comes: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)

    def leave(self) -> None:
        """Find out when words leave, as far as readers are known."""
        own, comes, left = self.own, self.comes, self.left
        while (j := len(left)) < len(own):
            if len(comes) == j:
                comes.append(own[j] + left[-1] - own[j - 1] if j else own[0])
            latest = comes[j]
            for room in self.readers:
                if (free := room(j)) is None:
                    return
                latest = max(latest, free)
            left.append(latest)


@dataclass(frozen=True, eq=False)
class Pipe:
    """`steps`: those of an event; `arrival`: from which clock on a beat is there. It makes the words of `out`, and
    `taken`: the clock in which each beat is taken.
    """

    name: str
    steps: Sequence[Step]
    arrival: Known
    out: Words
    held: int = 0
    delay: int = 0
    taken: list[int] = field(default_factory=list)

    def moves(self, events: int) -> Iterator[None]:
        """Go on as far as beats and readers are known; yields where they are not."""
        out, own, left, taken, held, delay = self.out, self.out.own, self.out.left, self.taken, self.held, self.delay
        now = lost = passed = 0  # the pipeline's clock, by how much the real one is later, words that left until now
        for needs, takes, leaves, clocks in chain.from_iterable(repeat(self.steps, events)):
            if needs:
                while (there := self.arrival(len(taken))) is None:
                    out.leave()
                    yield
                while passed < len(own) and own[passed] <= max(now, there - lost):
                    if len(left) <= passed:
                        yield from self._left(passed)
                    now, lost = max(now, own[passed]), left[passed] - own[passed]
                    passed += 1
                now = max(now, there - lost)
            if leaves:
                own.append(now + delay)
            if takes:
                while passed < len(own) and own[passed] <= now + held:
                    if len(left) <= passed:
                        yield from self._left(passed)
                    lost = left[passed] - own[passed]
                    passed += 1
                taken.append(now + held + lost)
            now += clocks
        while len(left) < len(own):
            out.leave()
            yield

    def _left(self, word: int) -> Iterator[None]:
        """Until it is known when a word leaves."""
        while True:
            self.out.leave()
            if len(self.out.left) > word:
                return
            yield

    @property
    def moved(self) -> int:
        """What it has done so far."""
        return len(self.taken) + len(self.out.comes) + len(self.out.left)


def run(pipes: Iterable[Pipe], events: int) -> None:
    """Run all, each as far as the others let it. Raises InputError where they wait for each other for ever."""
    everything = list(pipes)
    moving = {pipe: pipe.moves(events) for pipe in everything}
    done = [-3, -2, -1]  # rounds: what one finds out may move another in the next
    while moving:
        for pipe, moves in list(moving.items()):
            if next(moves, pipe) is pipe:
                del moving[pipe]
        done = [*done[1:], sum(pipe.moved for pipe in everything)]
        if moving and done[0] == done[2]:
            raise InputError(f"{next(iter(moving)).name}: its streams wait for each other for ever: leave it unrolled")
