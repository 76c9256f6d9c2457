"""Every node x weights x rounding x overflow x formats x back end: reference and C simulation agree in every word.

A case is one node behind a source and before a Requantise. Many of them make one graph, so that g++ runs once: every
pair of values of two factors is covered in `make test`, the whole product in `make nightly`, which goes on after the
graphs that passed before with the same code (pytest's cache).
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, Overflow, PhiPadding, Rounding
from jetflow.graph.comparison import SimulationResult
from jetflow.hls import BACKENDS, Design, Implementation, make_design
from jetflow.hls.depths import plan_depths
from jetflow.hls.plan import make_plan
from jetflow.hls.stream_model import StreamModel
from jetflow.provenance import code_digest

Run = Callable[..., SimulationResult]
INT8 = FixedPoint(True, 8, 5)
CONVOLUTIONS = ("regular", "depthwise", "pointwise", "resource")
OTHERS = ("scale_bias", "prelu", "pool", "padded_pool", "add", "concatenate", "gate", "sum", "mix", "sigmoid", "bare")
KINDS = (*itertools.product(CONVOLUTIONS, ("ternary", "int8")), *((kind, "") for kind in OTHERS))
SOURCES = tuple(FixedPoint(signed, bits, bits // 2) for signed in (True, False) for bits in (3, 8))
RESULTS = tuple(itertools.product((True, False), ("narrow", "wide")))
FACTORS = (KINDS, tuple(Rounding), tuple(Overflow), SOURCES, RESULTS, BACKENDS)
SIZE = 64  # cases a graph
CHANNELS = 3
READERS = 7  # of a stream, at most
SHARING = 3  # cases that read one copy: each reads it once or twice
Case = tuple[int, ...]


def pairwise(sizes: Sequence[int]) -> list[Case]:
    """Cases, a value a factor, such that every two values of two factors stand together in one of them."""
    factors = range(len(sizes))
    missing = {
        (i, a, j, b)
        for i, j in itertools.combinations(factors, 2)
        for a, b in itertools.product(range(sizes[i]), range(sizes[j]))
    }
    used: Counter[tuple[int, int]] = Counter()
    found: list[Case] = []
    while missing:
        i, a, j, b = min(missing)
        case = {i: a, j: b}
        for factor in (i for i in factors if i not in case):
            news = [
                sum((*min(x, y), *max(x, y)) in missing for x in case.items() for y in [(factor, value)])
                for value in range(sizes[factor])
            ]
            best = [value for value in range(sizes[factor]) if news[value] == max(news)]
            case[factor] = min(best, key=lambda value, factor=factor: used[factor, value])  # type: ignore[misc]
        used.update(case.items())
        values = tuple(case[i] for i in factors)
        found.append(values)
        missing -= {(i, values[i], j, values[j]) for i, j in itertools.combinations(factors, 2)}
    return found


def copies(b: GraphBuilder, x: str, name: str, count: int) -> list[str]:
    """`count` tensors with the values of `x`, none read by more layers than hls4ml can clone a stream for."""
    if count > READERS:
        parents = copies(b, x, f"{name}_", -(-count // READERS))
        return [b.requantise(parents[i // READERS], f"{name}{i}", b.format(x)) for i in range(count)]
    return [b.requantise(x, f"{name}{i}", b.format(x)) for i in range(count)]


def node(b: GraphBuilder, x: str, name: str, kind: tuple[str, str], rng: np.random.Generator) -> str:
    """One node of `kind` that reads `x`."""
    what, weights = kind
    if what in CONVOLUTIONS:
        format = TERNARY if weights == "ternary" else INT8
        low, high = (-1, 2) if weights == "ternary" else (-128, 128)
        tall, out = (1 if what == "pointwise" else 3), (1 if what == "depthwise" else 2)
        padding = (0, 0, 0, 0) if what == "pointwise" else (1, 0, 1, 1)
        phi = PhiPadding.CIRCULAR if rng.integers(2) else PhiPadding.ZERO
        kernel = rng.integers(low, high, (tall, tall, CHANNELS, out))
        return b.conv2d(x, name, kernel, format, padding, phi, depthwise=what == "depthwise")
    factor = FixedPoint(False, 3, 2)
    match what:
        case "scale_bias":
            scale, bias = rng.integers(-31, 32, CHANNELS), rng.integers(-50, 50, CHANNELS)
            return b.scale_bias(x, name, scale, rng.integers(0, 3, CHANNELS), bias, 4)
        case "prelu":
            return b.prelu(x, name, rng.integers(-16, 17, CHANNELS), 4)
        case "pool" | "padded_pool":
            return b.average_pool(x, name, int(what == "padded_pool"))
        case "add" | "concatenate":
            other = b.requantise(x, f"{name}_other", FixedPoint(True, 5, 1), Rounding.TRN_ZERO)
            return b.add(x, other, name) if what == "add" else b.concatenate([x, other], name)
        case "sum":
            return b.global_sum(x, name)
        case "bare":
            return x
    mean = b.requantise(b.global_sum(x, f"{name}_sum"), f"{name}_mean", FixedPoint(True, 7, 1))
    if what == "mix":
        return b.channel_conv(mean, name, rng.integers(-128, 128, 3), INT8)
    if what == "sigmoid":
        return b.hard_sigmoid(mean, name)
    gate = b.requantise(b.hard_sigmoid(mean, f"{name}_sigmoid"), f"{name}_factor", factor)
    return b.gate(x, gate, name)


def matrix_graph(cases: Sequence[Case]) -> Graph:
    """All cases side by side, an output each."""
    b, rng = GraphBuilder("matrix"), np.random.default_rng(0)
    image = b.input("image", (4, 5, CHANNELS), FixedPoint(True, 9, 4))
    by_source = {source: [case for case in cases if case[3] == source] for source in {case[3] for case in cases}}
    for source, same in by_source.items():
        format = SOURCES[source]
        x = b.requantise(image, f"source{source}", format, Rounding.TRN, Overflow.WRAP)
        leaves = copies(b, x, f"copy{source}_", -(-len(same) // SHARING))
        for i, case in enumerate(same):
            number = cases.index(case)
            y = node(b, leaves[i // SHARING], f"n{number}", KINDS[case[0]], rng)
            signed, width = RESULTS[case[4]]
            bits, drop = (3, 3) if width == "narrow" else (11, 1)
            target = FixedPoint(signed, bits, b.format(y).fraction - drop)
            y = b.requantise(y, f"r{number}", target, FACTORS[1][case[1]], FACTORS[2][case[2]])
            b.output(y, f"out{number}")
    return b.graph()


def matrix_design(graph: Graph, cases: Sequence[Case]) -> Design:
    """The design with factors of the resource strategy where a case asks for it, up to more than its inputs."""
    how = dict(make_design(graph).how)
    for number, case in enumerate(cases):
        if KINDS[case[0]][0] == "resource":
            how[f"n{number}"] = Implementation("Resource", (3, 9, 27, 54)[number % 4])
    plan = make_plan(graph)
    return Design(plan, how, plan_depths(plan, StreamModel(plan, how)), 0, 0)


def is_exact(cases: Sequence[Case], backend: str, simulated: Run, folder: Path) -> None:
    graph = matrix_graph(cases)
    result = simulated(graph, folder, backend, 4, matrix_design(graph, cases))
    wrong = [node for node in result.nodes if node.differing]
    assert not wrong, [(n.node, n.first, cases[int(n.node.strip("noutr_"))]) for n in wrong if n.node[0] in "nor"]
    assert {f"out{i}" for i in range(len(cases))} <= {node.node for node in result.nodes}


CASES = pairwise([len(factor) for factor in FACTORS])


def test_every_pair_stands_in_a_case() -> None:
    for (i, one), (j, other) in itertools.combinations(enumerate(FACTORS), 2):
        assert {(case[i], case[j]) for case in CASES} == set(itertools.product(range(len(one)), range(len(other))))
    assert len(CASES) <= 2 * SIZE + 40


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_pair_is_exact(backend: str, simulated: Run, tmp_path: Path) -> None:
    is_exact([case for case in CASES if FACTORS[5][case[5]] == backend], backend, simulated, tmp_path)


PRODUCT = [tuple(case) for case in itertools.product(*(range(len(factor)) for factor in FACTORS[:5]))]
ORDER = np.random.default_rng(0).permutation(len(PRODUCT))  # every graph holds some of everything
GRAPHS = [[(*PRODUCT[i], 0) for i in ORDER[start : start + SIZE]] for start in range(0, len(PRODUCT), SIZE)]


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(len(GRAPHS)))
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_whole_product_is_exact(
    number: int, backend: str, simulated: Run, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert request.config.cache is not None
    key = f"jetflow/matrix-{backend}-{number}"
    digest = hashlib.sha256((code_digest() + Path(__file__).read_text()).encode()).hexdigest()
    if request.config.cache.get(key, None) == digest:
        return
    is_exact(GRAPHS[number], backend, simulated, tmp_path)
    request.config.cache.set(key, digest)
