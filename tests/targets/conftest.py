"""PFJet-SSD as a graph, by the channel numbers of paper 2: cost models see shapes alone, weights are ternary noise."""

import numpy as np
import pytest

from jetflow.graph import TERNARY, FixedPoint, Graph, GraphBuilder, PhiPadding

STAGES = ((29,), (55, 88, 85), (128, 128, 128), (128, 128))  # after slimming, without the blocks for training alone
HEADS = {"offsets": 2, "classes": 4, "regression": 1}
ACTIVATION = FixedPoint(True, 8, 4)
GATE = FixedPoint(False, 8, 7)


def pfjetssd(rows: int = 340, columns: int = 360) -> Graph:
    """The slimmed PFJet-SSD with its gate (paper 2, figure 1)."""
    rng = np.random.default_rng(0)
    b = GraphBuilder("pfjetssd")
    x = b.input("image", (rows, columns, 3), FixedPoint(False, 8, 4))

    def conv(x: str, name: str, out: int, size: int, depthwise: bool = False) -> str:
        channels = b.shape(x)[2]
        kernel = rng.integers(-1, 2, (size, size, channels, 1 if depthwise else out))
        x = b.conv2d(x, f"{name}_conv", kernel, TERNARY, (size // 2,) * 4, PhiPadding.CIRCULAR, depthwise=depthwise)
        ones = np.ones(b.shape(x)[2], np.int64)
        x = b.requantise(b.scale_bias(x, f"{name}_norm", 3 * ones, 0 * ones, ones, 6), f"{name}_scaled", ACTIVATION)
        return b.requantise(b.prelu(x, f"{name}_prelu", ones, 2), name, ACTIVATION)

    for s, stage in enumerate(STAGES):
        x = b.requantise(b.average_pool(x, f"pool{s}", padding=1), f"pooled{s}", ACTIVATION) if s else x
        for i, out in enumerate(stage):
            if s:
                x = conv(x, f"block{s}_{i}_depthwise", 0, 3, depthwise=True)
            x = conv(x, f"block{s}_{i}", out, 1 if s else 3)
    sums = b.requantise(b.global_sum(x, "sums"), "mean", FixedPoint(True, 16, 4))
    gate = b.requantise(
        b.hard_sigmoid(b.channel_conv(sums, "eca", np.array([1, 2, 1]), ACTIVATION), "sigmoid"), "factors", GATE
    )
    x = b.requantise(b.gate(x, gate, "gate"), "gated", ACTIVATION)
    for head, out in HEADS.items():
        b.output(conv(x, f"{head}_scaled", out, 3), head)
    return b.graph()


@pytest.fixture(scope="session")
def pfjetssd_graph() -> Graph:
    """PFJet-SSD at 340 x 360."""
    return pfjetssd()
