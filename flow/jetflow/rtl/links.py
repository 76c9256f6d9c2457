"""Queues between a stream and its reader, as jetflow.rtl.pipes asks them: from when on there is a word, or room for it.

A word comes out of a queue a clock after it went in at the earliest. Its place is free in the clock behind the one in
which it was taken. That a word went in late because its place was taken is never seen at the other end: by then the
reader is still busy with words before it.
"""

from dataclasses import dataclass

from jetflow.rtl.pipes import Words
from jetflow.rtl.queues import Queue
from jetflow.rtl.timing import BEFORE

__all__ = ["Link", "MemoryLink", "TurnedLink", "link"]


@dataclass(frozen=True, eq=False)
class Link:
    """skid_buffer.sv, stream_fifo.sv: a queue of `depth` words of what `words` says, taken at `taken`."""

    words: Words
    taken: list[int]
    depth: int

    def arrival(self, word: int) -> int | None:
        """From which clock on the reader sees it."""
        comes = self.words.comes
        return comes[word] + 1 if word < len(comes) else None

    def room(self, word: int) -> int | None:
        """From which clock on the queue has room for it."""
        before = word - self.depth
        if before < 0:
            return BEFORE
        return self.taken[before] + 1 if before < len(self.taken) else None


@dataclass(frozen=True, eq=False)
class MemoryLink(Link):
    """frame_buffer.sv, and the register behind its memory, which are `depth` words together."""

    def arrival(self, word: int) -> int | None:
        comes = self.words.comes
        return comes[word] + 2 if word < len(comes) else None

    def room(self, word: int) -> int | None:
        before = word - self.depth + 1
        if before < 0:
            return BEFORE
        if before > len(self.taken):
            return None
        # into the register when the word before was taken
        return max(self.words.comes[before] + 1, self.taken[before - 1] if before else BEFORE) + 1


def link(words: Words, taken: list[int], queue: Queue) -> Link:
    """`queue` behind `words`, taken at `taken`."""
    return (MemoryLink if queue.block else Link)(words, taken, queue.depth)


@dataclass(frozen=True, eq=False)
class TurnedLink:
    """stream_rotate.sv in front of `queue`: of every `beats` words of `source` the first ones wait in `kept`, whose
    words are found here, as those of `queue` are, and go in last; the others go right through.
    """

    source: Words
    kept: Link
    queue: Link
    beats: int
    held: int

    def arrival(self, word: int) -> int | None:
        """From which clock on the reader sees it."""
        self._write()
        return self.queue.arrival(word)

    def room(self, word: int) -> int | None:
        """From which clock on there is room for a word of the source."""
        self._write()
        event, place = divmod(word, self.beats)
        if place < self.held:
            return self.kept.room(event * self.held + place)
        return self._free(word - self.held)

    def _free(self, word: int) -> int | None:
        """From which clock on a word may go into the queue, behind the one before."""
        wrote = self.queue.words.comes
        if word > len(wrote) or (free := self.queue.room(word)) is None:
            return None
        return max(free, wrote[word - 1] + 1) if word else free

    def _write(self) -> None:
        """Find out when words go into the queue, as far as the source and the reader are known."""
        wrote, comes, kept = self.queue.words.comes, self.source.comes, self.kept.words.comes
        while True:
            event, place = divmod(len(kept), self.held)
            if (first := event * self.beats + place) >= len(comes):
                break
            kept.append(comes[first])
        while True:
            word = len(wrote)
            event, place = divmod(word, self.beats)
            passing = self.beats - self.held
            there: int | None
            if place < passing:
                there = comes[word + self.held] if word + self.held < len(comes) else None
            else:
                there = self.kept.arrival(event * self.held + place - passing)
            if there is None or (free := self._free(word)) is None:
                return
            wrote.append(max(there, free))
            if place >= passing:
                self.kept.taken.append(wrote[-1])
