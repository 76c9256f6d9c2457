"""Targets of a small map, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetflow.config import RegressionConfig
from jetflow.events import Labels
from jetflow.networks import Anchors
from jetflow.training import targets
from jetflow.training.targets import Targets, Truth

# 4 x 8 cells of 0.5 in eta and pi/4 in phi: eta centres -0.75, -0.25, 0.25, 0.75; phi centres +-pi/8, ...
ANCHORS = Anchors(rows=4, columns=8, eta=(-1.0, 1.0), size=1.0, variance=0.5)
STEP = np.pi / 4


def truth(*jets: tuple[int, float, float, float]) -> Truth:
    """One event with jets (class, eta, phi, mass)."""
    classes, eta, phi, mass = zip(*jets, strict=True)
    return Truth(np.array([classes], np.int32), *(np.array([v], np.float32) for v in (eta, phi, mass)))


def assign(anchors: Anchors, jets: Truth, match_iou: float, scale_gev: float) -> Targets:
    """Targets of one map, with its rows and columns."""
    found = targets.assign([anchors], jets, match_iou, RegressionConfig(target="mass", scale_gev=scale_gev))
    shape = (-1, anchors.rows, anchors.columns)
    return Targets(found.classes.reshape(shape), found.offsets.reshape(*shape, 2), found.regression.reshape(shape))


def positives(found: Targets) -> dict[tuple[int, int], int]:
    """Class by (row, column) of the positive cells of the first event."""
    return {(int(r), int(c)): int(found.classes[0, r, c]) for r, c in np.argwhere(found.classes[0] > 0)}


def test_by_hand() -> None:
    """A jet in the middle of cell (1, 4): IoU 1 there; 1/3 half a box away in eta; .12 at pi/4 in phi and none beyond.

    Overlap in eta is 1 - 0.5 = 0.5, so IoU = 0.5 / 1.5; in phi 1 - pi/4 = 0.2146, so IoU = 0.2146 / 1.7854 = 0.1202.
    """
    jet = truth((2, -0.25, STEP / 2, 64.0))
    found = assign(ANCHORS, jet, 0.3, 128.0)
    assert positives(found) == {(0, 4): 2, (1, 4): 2, (2, 4): 2}
    assert found.offsets[0, 0, 4] == pytest.approx([0.5 / 0.5, 0.0])
    assert found.offsets[0, 1, 4] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert found.offsets[0, 2, 4] == pytest.approx([-0.5 / 0.5, 0.0])
    assert found.regression[0, 1, 4] == 0.5
    assert positives(assign(ANCHORS, jet, 0.34, 128.0)) == {(1, 4): 2}
    assert positives(assign(ANCHORS, jet, 0.12, 128.0)) == dict.fromkeys([(0, 4), (1, 4), (2, 4), (1, 3), (1, 5)], 2)


def test_best_cell_is_positive_however_small_its_overlap() -> None:
    """Between four cells no IoU reaches 0.5; the first of the best is positive."""
    jet = truth((1, 0.01, 0.01, 10.0))
    assert positives(assign(ANCHORS, jet, 0.5, 1.0)) == {(2, 4): 1}


@pytest.mark.parametrize("phi", [np.pi - 0.05, -np.pi + 0.05, np.pi, -np.pi])
def test_phi_is_periodic(phi: float) -> None:
    """On both sides of the seam the two columns beside it see the jet, with small offsets."""
    found = assign(ANCHORS, truth((3, 0.25, phi, 1.0)), 0.2, 1.0)
    cells = positives(found)
    assert {column for _, column in cells} == {0, 7}
    for row, column in cells:
        assert abs(found.offsets[0, row, column, 1]) * 0.5 <= STEP / 2 + 0.051


def test_offsets_across_the_seam() -> None:
    """The jet at pi - 0.05 lies pi/8 + 0.05 to the left of column 0, whose centre is -pi + pi/8."""
    found = assign(ANCHORS, truth((1, 0.25, np.pi - 0.05, 1.0)), 0.2, 1.0)
    assert found.offsets[0, 2, 0, 1] == pytest.approx(-(STEP / 2 + 0.05) / 0.5, rel=1e-5)
    assert found.offsets[0, 2, 7, 1] == pytest.approx((STEP / 2 - 0.05) / 0.5, rel=1e-5)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_jets_on_one_cell(order: tuple[int, int]) -> None:
    """The nearer one gets the cell that is best for both, in whatever order they come."""
    near, far = (1, 0.25, STEP / 2, 10.0), (2, 0.4, STEP / 2 + 0.3, 20.0)
    jets = truth(*(((near, far))[i] for i in order))
    assert positives(assign(ANCHORS, jets, 0.9, 1.0)) == {(2, 4): 1}
    assert assign(ANCHORS, jets, 0.9, 1.0).regression[0, 2, 4] == 10.0


def test_best_cell_is_not_lost_to_a_jet_that_has_a_better_one() -> None:
    """Cell (2, 4) is best for jet 1 (IoU .45) and matches jet 2 better (.59), whose own best is (3, 4)."""
    first, second = (1, 0.25, STEP / 2 + 0.38, 1.0), (2, 0.51, STEP / 2, 1.0)
    found = positives(assign(ANCHORS, truth(first, second), 0.3, 1.0))
    assert found[2, 4] == 1
    assert found[3, 4] == 2


def test_padding_is_no_jet() -> None:
    found = assign(ANCHORS, truth((0, 0.25, 0.4, 5.0), (1, -0.75, STEP / 2, 5.0), (0, 0.0, 0.0, 0.0)), 0.6, 1.0)
    assert positives(found) == {(0, 4): 1}
    assert not assign(ANCHORS, truth((0, 0.0, 0.0, 0.0)), 0.3, 1.0).classes.any()


jets = st.lists(
    st.tuples(st.integers(1, 3), st.floats(-0.99, 0.99), st.floats(-3.14, 3.14), st.floats(1, 200)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=100)
@given(jets)
def test_decoding_undoes_the_targets(drawn: list[tuple[int, float, float, float]]) -> None:
    """Every positive cell decodes to a jet of its class, and every jet's class is somewhere unless cells are shared."""
    found = assign(ANCHORS, truth(*drawn), 0.3, 128.0)
    position = ANCHORS.decode(found.offsets)[0]
    for (row, column), class_id in positives(found).items():
        eta, phi = position[row, column]
        assert any(
            class_id == c
            and abs(eta - e) < 1e-4
            and abs((phi - p + np.pi) % (2 * np.pi) - np.pi) < 1e-4
            and abs(found.regression[0, row, column] * 128 - m) < 1e-2
            for c, e, p, m in drawn
        )
    if len(drawn) == 1:
        assert positives(found)


def test_labels_are_padded_by_event() -> None:
    """Three events with 2, 0 and 1 labels, of a slice that does not begin at 0."""
    values = np.array([1.0, 2.0, 3.0], np.float32)
    labels = Labels(np.array([5, 7, 7, 8]), np.array([1, 2, 3], np.int8), values, values, values, values * 10)
    found = Truth.pad(labels)
    assert found.classes.tolist() == [[1, 2], [0, 0], [3, 0]]
    assert found.eta.tolist() == [[1, 2], [0, 0], [3, 0]]
    assert found.regressed.tolist() == [[10, 20], [0, 0], [30, 0]]
    assert np.array_equal(Truth.pad(labels, "pt").regressed, found.regressed / 10)


def test_two_maps_compete_for_the_best_cell() -> None:
    """A coarse map beside the fine one: the jet's best cell over both is positive, cells count through both maps."""
    coarse = Anchors(rows=2, columns=4, eta=(-1.0, 1.0), size=1.0, variance=0.5)
    regression = RegressionConfig(target="pt", scale_gev=16.0)
    on_fine = targets.assign([ANCHORS, coarse], truth((1, -0.25, STEP / 2, 64.0)), 0.9, regression)
    assert np.flatnonzero(on_fine.classes[0]).tolist() == [1 * 8 + 4]
    assert on_fine.regression[0, 12] == 2.0
    on_coarse = targets.assign([ANCHORS, coarse], truth((1, -0.5, STEP, 64.0)), 0.9, regression)
    assert np.flatnonzero(on_coarse.classes[0]).tolist() == [4 * 8 + 2]
    assert on_coarse.offsets[0, 34] == pytest.approx([0.0, 0.0], abs=1e-6)
