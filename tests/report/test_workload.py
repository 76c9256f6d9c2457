"""What layers store and compute, counted by hand on a small graph."""

import numpy as np

from jetflow.graph import TERNARY, FixedPoint, GraphBuilder, PhiPadding
from jetflow.report.figures import Figure, Kind
from jetflow.report.performance import performance
from jetflow.report.workload import graph_workload


def test_workload_by_hand() -> None:
    builder = GraphBuilder("g")
    x = builder.input("image", (4, 6, 2), FixedPoint(False, 4, 0))
    ternary = np.zeros((3, 3, 2, 3), int)
    ternary[1, 1] = [[1, -1, 0], [0, 1, 1]]
    x = builder.conv2d(x, "a_conv", ternary, TERNARY, (1, 1, 1, 1), PhiPadding.CIRCULAR)
    x = builder.scale_bias(x, "a_norm", [3, 4, 0], [0, 1, 0], [1, 2, 3], 2)
    x = builder.prelu(x, "a_prelu", [1, 3, -2], 2)
    x = builder.average_pool(x, "pool")
    eight_bit = np.array([5, -8, 0]).reshape(1, 1, 3, 1)
    x = builder.conv2d(x, "b_conv", eight_bit, FixedPoint(True, 8, 2))
    builder.output(x, "out")
    by_name = {load.node: load for load in graph_workload(builder.graph())}

    assert list(by_name) == ["image", "a_conv", "a_norm", "a_prelu", "pool", "b_conv"]
    conv = by_name["a_conv"]
    assert (conv.weights, conv.weight_format, conv.multiplications) == (54, "ternary", 0)
    assert conv.operations == 24 * 54
    assert conv.zero_fraction == 50 / 54
    assert by_name["a_norm"].weights == 9  # scale, shift and bias of three channels
    assert by_name["a_norm"].multiplications == 24  # by 3 alone: 4 and 0 are free
    assert by_name["a_prelu"].multiplications == 24
    assert by_name["pool"].operations == 4 * 6 * 3
    assert by_name["b_conv"].multiplications == 6  # by 5 alone
    assert by_name["b_conv"].zero_fraction == 1 / 3


def test_time_rate_and_copies_follow_from_cycles() -> None:
    latency = Figure("latency_cycles", 6000, "cycles", Kind.ESTIMATED, "a model")
    interval = Figure("ii_cycles", 5000, "cycles", Kind.SIMULATED, "another")
    figures = {f.name: f for f in performance(latency, interval, 250.0, "met: routed")}
    assert figures["time_us"].value == 24.0
    assert figures["time_us"].kind is Kind.ESTIMATED
    assert "250 MHz (met: routed)" in figures["time_us"].source
    assert figures["rate_khz"].value == 50.0
    assert figures["rate_khz"].kind is Kind.SIMULATED
    assert figures["copies_40mhz"].value == 800
    assert figures["copies_750khz"].value == 15
