"""The DSP's cost model: its workload, its one fitted number, and the point that it was not fitted to."""

import pytest

from jetflow.errors import InputError
from jetflow.graph import Graph
from jetflow.targets import find_core, published
from jetflow.targets.dsp_cost import calibrated, layer_costs, time_us

CORE = find_core("sp1000")


def test_the_workload_is_the_papers(pfjetssd_graph: Graph) -> None:
    costs = layer_costs(pfjetssd_graph, CORE)
    macs = sum(cost.macs for cost in costs)
    assert macs == 1_027_349_019
    blocks = [cost for cost in costs if cost.node.startswith("block")]
    assert abs(macs + sum(cost.operations for cost in blocks) - 1.095e9) < 0.5e6  # paper 2, table 2: 1.095 G


def test_the_calibration_is_that_of_the_file(pfjetssd_graph: Graph) -> None:
    assert calibrated(CORE, pfjetssd_graph) == CORE.sustained
    assert time_us(layer_costs(pfjetssd_graph, CORE), CORE) == pytest.approx(8500, rel=1e-3)


def test_the_point_that_was_not_fitted_is_predicted_to_a_percent(pfjetssd_graph: Graph) -> None:
    predicted = time_us(layer_costs(pfjetssd_graph, CORE, 10), CORE) / 1000
    assert round(predicted, 3) == CORE.prediction.time_ms
    assert CORE.prediction.published_ms == next(row.time_ms for row in published() if row.platform.startswith("10 x"))
    assert abs(predicted / CORE.prediction.published_ms - 1) < 0.01


def test_ten_cores_wait_for_the_one_with_the_most_rows(pfjetssd_graph: Graph) -> None:
    one, ten = ({cost.node: cost for cost in layer_costs(pfjetssd_graph, CORE, n)} for n in (1, 10))
    assert ten["block0_0"].compute_clocks == pytest.approx(one["block0_0"].compute_clocks / 10)  # 340 rows
    assert ten["block3_0"].compute_clocks == pytest.approx(one["block3_0"].compute_clocks * 5 / 44)
    assert ten["mean"].clocks == pytest.approx(one["mean"].clocks * 5 / 44, rel=0.01)  # the gate's sum, over rows
    assert ten["block3_0"].bytes == one["block3_0"].bytes + 9 * 128 * 128 * 2 // 8  # each core reads the weights
    assert all(0 <= cost.utilisation <= CORE.sustained for cost in one.values())


def test_depthwise_layers_wait_for_memory(pfjetssd_graph: Graph) -> None:
    by_name = {cost.node: cost for cost in layer_costs(pfjetssd_graph, CORE)}
    assert by_name["block2_1_depthwise"].clocks == by_name["block2_1_depthwise"].memory_clocks
    assert by_name["block2_1"].clocks == by_name["block2_1"].compute_clocks


def test_modes_are_chosen_by_the_weights() -> None:
    assert [CORE.mode(bits) for bits in (1, 2, 3, 8, 12)] == ["2x8", "2x8", "8x8", "8x8", "8x8"]


def test_an_unknown_core_is_one_line_that_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"--part sp2000: .*sp1000"):
        find_core("sp2000")
