"""What a sender or a reader does wrong must not hang the design, nor spoil the next event."""

from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytest

from jetflow.errors import ToolError
from jetflow.graph import predict
from jetflow.rtl.simulation import run
from jetflow.rtl.stimulus import Beats, Stimulus, event_beats
from jetflow.rtl.transfers import streams

PATIENCE = 400  # cycles without a transfer: about four times what the whole design takes for an event


def beats(built: Any, image: np.ndarray) -> Beats:
    plan = built.design.plan
    return event_beats(image, plan.graph.input.format, plan.input_order)


def per_event(built: Any) -> int:
    return sum(stream.order.beats for stream in streams(built.design.plan))


def outputs(built: Any, given: Beats, events: int, **options: int) -> dict[str, np.ndarray]:
    """Images of every output; the design has to bring `events` whole events and nothing else."""
    stimulus = Stimulus(given, events * per_event(built), patience=PATIENCE, **options)
    transfers = run(built.design, built.model, stimulus)
    found = {}
    for stream in streams(built.design.plan):
        assert transfers.whole(stream) and len(transfers.images(stream)) == events
        found[stream.name] = transfers.images(stream)
    return found


def agrees(built: Any, found: dict[str, np.ndarray], image: np.ndarray, event: int = -1) -> None:
    for name, expected in predict(built.design.plan.graph, image[None]).items():
        assert np.array_equal(found[name][event], expected[0]), name


@pytest.fixture
def pair(streaming: Any, images: Any) -> np.ndarray:
    return images(streaming.design.plan.graph, 4)[:2]


def test_a_sender_that_stops_for_long_in_mid_event(streaming: Any, pair: np.ndarray) -> None:
    given = beats(streaming, pair[0]).after(20 * PATIENCE, beat=17) + beats(streaming, pair[1])
    found = outputs(streaming, given, 2)
    agrees(streaming, found, pair[0], 0)
    agrees(streaming, found, pair[1], 1)


def test_the_last_words_leave_without_a_next_event(streaming: Any, pair: np.ndarray) -> None:
    agrees(streaming, outputs(streaming, beats(streaming, pair[0]), 1), pair[0])


def test_events_back_to_back(streaming: Any, pair: np.ndarray) -> None:
    order = [0, 1, 1, 0, 1]
    found = outputs(streaming, reduce(add, (beats(streaming, pair[i]) for i in order)), len(order))
    for event, i in enumerate(order):
        agrees(streaming, found, pair[i], event)


@pytest.mark.parametrize("count", [1, 9, 29, 35])
def test_an_event_that_ends_early_is_filled_with_zeros(streaming: Any, pair: np.ndarray, count: int) -> None:
    found = outputs(streaming, beats(streaming, pair[0]).truncated(count) + beats(streaming, pair[1]), 2)
    order = streaming.design.plan.input_order
    sent = order.streamed(pair[:1])
    sent[:, count:] = 0
    agrees(streaming, found, order.images(sent)[0], 0)
    agrees(streaming, found, pair[1], 1)


def test_of_an_event_that_is_too_long_the_rest_is_dropped(streaming: Any, pair: np.ndarray) -> None:
    first, more = beats(streaming, pair[0]), beats(streaming, pair[1])
    unended = Beats(np.zeros_like(first.flags), first.idle, first.words)
    found = outputs(streaming, unended + more.truncated(5) + more, 2)
    agrees(streaming, found, pair[0], 0)
    agrees(streaming, found, pair[1], 1)


@pytest.mark.parametrize("beat", [1, 30, 35])
def test_reset_in_mid_event(streaming: Any, pair: np.ndarray, beat: int) -> None:
    given = beats(streaming, pair[0]).abandoned(beat) + beats(streaming, pair[1]).after(0, reset=True)
    stimulus = Stimulus(given, per_event(streaming), patience=PATIENCE)
    transfers = run(streaming.design, streaming.model, stimulus)
    reset = transfers.starts[1]
    for stream in streams(streaming.design.plan):
        late = transfers.cycles[stream.name] >= reset
        values = transfers.values[stream.name][late]
        assert len(values) == stream.order.beats
        image = stream.order.images(values[None])[0]
        expected = predict(streaming.design.plan.graph, pair[1][None])[stream.name][0]
        assert np.array_equal(image, expected)


def test_readers_that_are_not_ready_for_long(streaming: Any, pair: np.ndarray) -> None:
    given = beats(streaming, pair[0]) + beats(streaming, pair[1])
    found = outputs(streaming, given, 2, quiet_until=3000)
    agrees(streaming, found, pair[0], 0)
    agrees(streaming, found, pair[1], 1)


def test_a_design_that_does_not_answer_is_reported(streaming: Any, pair: np.ndarray) -> None:
    stimulus = Stimulus(beats(streaming, pair[0]), per_event(streaming) + 1, patience=PATIENCE)
    with pytest.raises(ToolError, match=f"nothing moved for {PATIENCE} cycles"):
        run(streaming.design, streaming.model, stimulus)


@pytest.mark.parametrize("stalls", [{"in_stall": 1.0}, {"out_stall": 1.0}])
def test_an_end_that_stalls_forever_is_reported_in_time(
    streaming: Any, pair: np.ndarray, stalls: dict[str, float]
) -> None:
    stimulus = Stimulus(beats(streaming, pair[0]), per_event(streaming), patience=PATIENCE, **stalls)
    with pytest.raises(ToolError, match=f"nothing moved for {PATIENCE} cycles: 0 of {per_event(streaming)} words came"):
        run(streaming.design, streaming.model, stimulus)


def test_reset_frees_a_design_whose_readers_were_never_ready(streaming: Any, pair: np.ndarray) -> None:
    given = beats(streaming, pair[0]).abandoned(20) + beats(streaming, pair[1]).after(PATIENCE, reset=True)
    agrees(streaming, outputs(streaming, given, 1, quiet_until=2 * PATIENCE), pair[1])
