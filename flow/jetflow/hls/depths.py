"""The depth of every FIFO between two layers: the least with which the design loses neither rate nor latency.

Found with the cycle-stepped model (jetflow.hls.stream_model), for the whole graph and its side branches at once:

- 2 words where layers of one rate write and read in step, which is nearly everywhere: one word is read while the next
  one is written. It is also the least that is ever chosen: an HLS compiler makes a FIFO of 1 word no smaller.
- More where the model says so: behind a layer that thins the stream out (pooling, strides), whose words come in bursts
  of a row, if a layer behind it keeps up with the average and not with the burst; and before a layer that reads several
  streams, as the branches need not take the same time. A gate's factors come after the last pixel, so its image waits
  there whole: the one FIFO that grows with the image's height.

Each of these is made as short as the model allows, the others staying as they are. That holds for the model: figures
derived from the depths are `estimated`.
"""

from dataclasses import dataclass

from jetflow.hls.plan import Plan
from jetflow.hls.stream_model import StreamModel, StreamResult
from jetflow.hls.streams import stream_map

__all__ = ["LEAST", "plan_depths"]

LEAST = 2
IMAGES = (4, 8)  # enough for the rate to settle; more only where it had not


@dataclass(frozen=True)
class _Search:
    """Depths are good if every image is out as early as with FIFOs without end, which is `best`."""

    model: StreamModel
    best: StreamResult

    def run(self, depths: dict[str, int]) -> StreamResult:
        return self.model.run(depths, len(self.best.out), self.best.out)

    def good(self, depths: dict[str, int]) -> bool:
        result = self.run(depths)
        return not result.stuck and not result.late


def plan_depths(plan: Plan, model: StreamModel) -> dict[str, int]:
    """The depth in words (pixels with all their channels) of every FIFO between two layers of `plan`."""
    few, many = (_Search(model, model.run(None, images)) for images in IMAGES)
    depths = _least(plan, few, set())
    return depths if many.good(depths) else _least(plan, many, set(depths.values()))


def _least(plan: Plan, search: _Search, guesses: set[int]) -> dict[str, int]:
    first = plan.layers[0].name
    names = [name for name, (writer, reader) in stream_map(plan).items() if writer != first and reader]
    depths = dict.fromkeys(names, LEAST)
    if search.good(depths):
        return depths
    depths = {name: max(LEAST, search.best.peak[name] + 1) for name in names}
    peak = search.run(depths).peak  # a full FIFO holds its writer back, so less waits behind it
    depths = {name: max(LEAST, min(depths[name], peak[name] + 1)) for name in names}
    found: dict[str, int] = {}
    _shorten(search, depths, [name for name in names if depths[name] > LEAST], found, guesses)
    return depths | found


def _shorten(
    search: _Search, depths: dict[str, int], names: list[str], found: dict[str, int], guesses: set[int]
) -> None:
    """Put into `found` how short the FIFOs `names` may be: most at once, the others one by one.

    `depths` are good, and stay so with what is in `found`.
    """
    now = depths | found
    if not names or search.good(now | dict.fromkeys(names, LEAST)):
        found.update(dict.fromkeys(names, LEAST))
    elif len(names) > 1:
        middle = len(names) // 2
        _shorten(search, depths, names[:middle], found, guesses)
        _shorten(search, depths, names[middle:], found, guesses)
    else:
        (name,) = names
        found[name] = _shortest(search, now, name, guesses | set(found.values()))


def _shortest(search: _Search, depths: dict[str, int], name: str, guesses: set[int]) -> int:
    """The least good depth above LEAST of one FIFO, by halving; `guesses` come first, as layers alike need alike."""
    low, high = LEAST + 1, depths[name]
    while low < high:
        likely = sorted(guess for guess in guesses if low <= guess < high)
        if not likely and high in guesses:
            likely, guesses = [high - 1], guesses - {high}
        middle = likely[len(likely) // 2] if likely else (low + high) // 2
        low, high = (low, middle) if search.good(depths | {name: middle}) else (middle + 1, high)
    return high
