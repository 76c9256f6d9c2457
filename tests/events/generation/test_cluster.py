"""Shards on a Dask cluster: the same bytes, also when a worker dies on the way."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetflow.errors import InputError, MissingToolError, ToolError
from jetflow.events.generation.cluster import on_cluster
from jetflow.events.generation.pileup import Pool
from jetflow.events.generation.request import Request
from jetflow.events.generation.run import generate

distributed = pytest.importorskip("distributed")
REQUEST = Request(processes=("WW", "bb", "HH", "ZZ"), pileup=(0.0, 5.0), events=12, seed=11, baseline=False)


@pytest.fixture(scope="module")
def local_cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


def test_same_bytes_though_a_worker_is_killed(tmp_path: Path, cache: Path, pool: Pool, local_cluster: Any) -> None:
    """SIGKILL to one of two workers once the first shard is there."""
    killed = []

    def kill(what: str, done: int, total: int) -> None:
        if what == "events" and done == 1 and not killed:
            with distributed.Client(local_cluster, set_as_default=False) as client:
                killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    address = local_cluster.scheduler_address
    assert generate(REQUEST, tmp_path / "far.h5", cache=cache, progress=kill, dask=address) == 12
    assert generate(REQUEST, tmp_path / "near.h5", cache=cache) == 12
    assert killed
    assert (tmp_path / "far.h5").read_bytes() == (tmp_path / "near.h5").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far.h5", "near.h5"]


def refuse(path: Path, kind: str) -> None:
    raise InputError("this setting is refused") if kind == "input" else OSError("no space left")


def test_errors_of_workers(tmp_path: Path, local_cluster: Any) -> None:
    with on_cluster(local_cluster.scheduler_address, {}) as run:
        with pytest.raises(InputError, match="this setting is refused"):
            run(refuse, [(tmp_path / "a", "input")], lambda done, total: None)
        with pytest.raises(ToolError, match=r"Dask cluster tcp.*OSError: no space left; run the same command again"):
            run(refuse, [(tmp_path / "a", "disk")], lambda done, total: None)
    with (
        on_cluster(local_cluster.scheduler_address, {"numpy": "0.1"}) as run,
        pytest.raises(InputError, match=r"--dask: worker tcp.*found numpy 2\.\S+; 0\.1 as here is needed"),
    ):
        run(refuse, [(tmp_path / "a", "input")], lambda done, total: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["nowhere", "foo://bar:1", "tcp://127.0.0.1:{port}", ""])
def test_nobody_answers(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetflow.events.generation.cluster._TIMEOUT", "1s")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        pytest.raises(InputError, match=r"--dask: no Dask scheduler answers at") as caught,
        on_cluster(address.format(port=port), {}),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_a_cluster_without_workers(local_cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetflow.events.generation.cluster._TIMEOUT", "1s")
    with (
        distributed.LocalCluster(
            n_workers=0, loop=local_cluster.loop, dashboard_address=None, silence_logs=50
        ) as empty,
        pytest.raises(InputError, match=r"has no workers; start some with `dask worker tcp"),
        on_cluster(empty.scheduler_address, {}),
    ):
        pass


def test_dask_is_named_where_it_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingToolError, match=r"pip install 'jetflow\[cluster\]'"), on_cluster("tcp://host:1", {}):
        pass
