"""Every figure, made from real events and a network that was really trained: numbers, pictures, errors."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jetflow.errors import InputError
from jetflow.graph import predict
from jetflow.model import find_model
from jetflow.physics import (
    Detections,
    check_record,
    evaluate,
    evaluate_sample,
    fault_table,
    models,
    rate_table,
    record_metrics,
)
from jetflow.physics.binning import Axis
from jetflow.physics.circles import circle_jets, merge_classes
from jetflow.physics.figures import (
    FIGURES,
    Study,
    choose_figures,
    faults,
    fractions,
    make_study,
    open_background,
    overlays,
    write_figures,
)
from jetflow.physics.figures.study import MINBIAS, Background
from jetflow.physics.filters import common_filters
from jetflow.physics.sample import open_sample

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def study(tiny_run: Path, sample: Path) -> Study:
    model = find_model(str(tiny_run))
    events = open_sample(sample, model.config).first(96)
    return make_study(evaluate_sample(model, ["twn", "fpn"], events), [], 31_000, 1000)


def with_background(study: Study, sample: Path) -> Study:
    """The same, with half of the sample called minimum bias."""
    results = study.results
    process = np.where(np.arange(len(results.sample)) % 2, MINBIAS, "gg")
    background = Background((results.sample,), process, results.evaluations["twn"].detections)
    return Study(results, background, study.crossing_rate_khz, study.rate_khz)


def test_every_figure_is_made(study: Study, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once with background; the same bytes again, and nothing half-written beside them."""
    monkeypatch.setattr(faults, "NUMBERS", (4,))
    monkeypatch.setattr(faults, "EVENTS", 64)
    monkeypatch.setattr(overlays, "NUMBERS", (1, 2))
    made = dict(write_figures(with_background(study, sample), tmp_path))
    assert list(made) == list(FIGURES)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.{kind}" for name in FIGURES for kind in ("png", "json")
    }
    for name in FIGURES:
        assert (tmp_path / f"{name}.png").read_bytes().startswith(PNG)
        json.loads((tmp_path / f"{name}.json").read_text(), parse_constant=pytest.fail)
    again = tmp_path / "again"
    for name in ("precision", "displays", "filters"):
        list(write_figures(study, again, [name]))
        for kind in ("png", "json"):
            assert (again / f"{name}.{kind}").read_bytes() == (tmp_path / f"{name}.{kind}").read_bytes()
    assert rate_table(made["rate"]).row_count == 3
    assert fault_table(made["faults"]).row_count == 3
    rate = made["rate"]["classes"]["t"]["at_rate"]
    assert 0 <= rate["gg"] <= 1
    assert made["faults"]["whole"]["ap"] == pytest.approx(made["faults"]["faults"]["dead"]["4"]["ap"], abs=0.2)


def test_a_network_is_compiled_once(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not again for every overlay, of which TensorFlow warned on the terminal."""
    monkeypatch.setattr(models, "runner", lambda *_: pytest.fail("compiled again"))
    monkeypatch.setattr(overlays, "NUMBERS", (1, 2))
    assert list(overlays.data(study)["overlays"]) == ["1", "2"]


def test_jets_of_the_cells_in_circles(study: Study) -> None:
    """Detections that are the labels: all matched; the cells of all events at once give the same, bin by bin."""
    results, labels = study.results, study.results.sample.labels
    event = np.repeat(np.arange(len(labels)), np.diff(labels.offsets))
    score = np.full(len(event), 0.9, np.float32)
    found = Detections(event, labels.class_id, score, labels.eta, labels.phi, labels.mass)
    perfect = evaluate(results.model.config, found, labels)
    made = fractions.data(replace(study, results=replace(results, evaluations={"twn": perfect})))
    jets = merge_classes(found, 0.5, 0.8, 0.25)  # labels that overlap lose one
    whole = circle_jets(results.sample.images(0, len(labels)).sum(-1) * 0.5, results.sample.eta_max, jets, 0.4)
    own = zip(jets.event, jets.eta, strict=True)
    order = [int(np.flatnonzero((event == number) & (labels.eta == eta))[0]) for number, eta in own]
    bins = Axis("pt", np.array(made["edges"])).index(labels.pt[order])
    shown = made["fractions"]["twn"]
    assert not any(shown["unmatched"]["value"][i] for i in bins[bins >= 0])
    expected = {"pt_ratio": whole.pt / labels.pt[order], "mass": whole.mass - labels.mass[order]}
    for name, values in expected.items():
        parts = [values[bins == i] for i in range(len(made["edges"]) - 1)]
        medians = [np.median(part) if len(part) >= 10 else np.nan for part in parts]
        assert shown["kinematics"][name]["median"] == pytest.approx(medians, nan_ok=True)
        assert np.isfinite(medians).sum() > 2


def test_faults_without_minimum_bias_among_the_first_events(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """They gave NaN as rates."""
    monkeypatch.setattr(faults, "NUMBERS", (4,))
    monkeypatch.setattr(faults, "EVENTS", 16)
    process = np.where(np.arange(len(study.results.sample)) < 16, "gg", MINBIAS)
    sample = replace(study.results.sample, process=process)
    background = Background((sample,), process, study.results.evaluations["twn"].detections)
    made = faults.data(Study(study.results, background, study.crossing_rate_khz, study.rate_khz))
    assert "rate_khz" not in made["whole"]


def test_what_a_figure_needs(study: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--figures: found 'roc'; dataset, precision-recall, .* are allowed"):
        list(write_figures(study, tmp_path, ["roc"]))
    with pytest.raises(InputError, match=r"--figures: rate needs background: give --background FILE"):
        list(write_figures(study, tmp_path, ["rate"]))
    path, config = study.results.sample.path, study.results.model.config
    with pytest.raises(InputError, match="no minbias events, a rate needs them"):
        open_background([path], config, 31_000, 100)
    with pytest.raises(InputError, match="filters needs ternary weights, found fpn"):
        choose_figures(["filters"], "fpn", background=True)
    assert set(FIGURES) - set(choose_figures([], "int8", background=False)) == {"filters", "rate", "turn-on"}
    assert not list(tmp_path.iterdir())


def test_common_filters(study: Study) -> None:
    """Counted one by one."""
    graph = study.results.model.graph("twn")
    found = common_filters(graph, 1000)
    seen: dict[Any, int] = {}
    for node in graph:
        kernel = getattr(node, "kernel", None)
        if kernel is not None and node.ternary:  # type: ignore[attr-defined]
            for i in range(kernel.shape[2]):
                for o in range(kernel.shape[3]):
                    key = tuple(kernel[:, :, i, o].ravel().tolist())
                    seen[key] = seen.get(key, 0) + 1
    assert {tuple(p.ravel().tolist()): int(n) for p, n in zip(found.patterns, found.counts, strict=True)} == seen
    assert found.total == sum(seen.values()) > 0
    assert (np.diff(found.counts) <= 0).all()


def test_recorded_figures(study: Study, tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text((tiny_run / "run.json").read_text())
    content = json.loads(record_metrics(tmp_path, study.results).read_text())
    assert set(content) == {"schema", "twn"}
    keys = {"mean_ap", "ap", "ap_error", "area_ap", "events", "train_events", "steps", "match_distance", "difference"}
    assert keys <= set(content["twn"])
    assert content["twn"]["match_distance"] == 0.4
    assert content["twn"]["difference"]["to"] == "fpn"


def test_where_nothing_can_be_recorded(tiny_run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.json: not found"):
        check_record(tmp_path)
    (tmp_path / "run.json").write_text((tiny_run / "run.json").read_text())
    check_record(tmp_path)
    for content, wanted in (('{"schema": "jetflow-', "damaged"), ("[]", "holds no jetflow-metrics-1")):
        (tmp_path / "metrics.json").write_text(content)
        with pytest.raises(InputError, match=rf"metrics\.json: {wanted}"):
            check_record(tmp_path)


def test_a_sample_in_blocks(study: Study) -> None:
    """The first events are the first events; a change reaches every image."""
    whole = study.results.sample
    few = whole.first(5)
    assert len(few) == 5
    assert np.array_equal(np.concatenate(list(few.blocks())), whole.images(0, 5))
    assert len(few.labels.eta) == few.labels.offsets[-1] == whole.labels.offsets[5]
    assert not np.concatenate(list(few.changed(np.zeros_like).blocks())).any()


def test_keras_is_held_against_the_graph(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that says otherwise stops the evaluation."""
    from jetflow.errors import JetflowError
    from jetflow.physics import prediction

    def other(graph: Any, counts: Any) -> Any:
        return {name: values + (name == "classes") for name, values in predict(graph, counts).items()}

    run = prediction.runner(study.results.model, "twn")
    counts = study.results.sample.images(0, 3)
    run(counts)
    monkeypatch.setattr(prediction, "predict", other)
    with pytest.raises(JetflowError, match="Keras and the integer graph differ"):
        run(counts)


def test_the_sample_has_no_baseline(sample: Path, study: Study) -> None:
    assert open_sample(sample, study.results.model.config).baseline is None
