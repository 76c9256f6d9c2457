"""Independent pieces of work on the workers of an existing Dask cluster, which share no disk with this machine."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jetflow
from jetflow.atomic import write_bytes
from jetflow.errors import InputError, JetflowError, MissingToolError, ToolError
from jetflow.events.generation.workers import Run

__all__ = ["on_cluster"]

_TIMEOUT = "20s"  # for the scheduler to answer and a worker to be there
_one = threading.Lock()  # Pythia and fastjet are not made for threads: a task a process at a time


@contextmanager
def on_cluster(address: str, versions: dict[str, str]) -> Iterator[Run]:
    """Run tasks on the Dask cluster whose scheduler is at `address`, for example tcp://host:8786.

    A task's file is made in a temporary folder of its worker, comes back as bytes and is written here; what tasks read
    goes to each worker once. A worker that dies is replaced by another one. `versions` of packages must be those of the
    workers, or the bytes would be others. Raises MissingToolError without dask, InputError where nothing answers at
    `address` or a worker has other versions, ToolError where a task fails.
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise MissingToolError("--dask needs dask and distributed: pip install 'jetflow[cluster]'") from error
    try:
        client = distributed.Client(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"--dask: no Dask scheduler answers at {address!r}; start one with `dask scheduler`"
        ) from error
    with client, client.as_current():
        try:
            client.wait_for_workers(1, timeout=_TIMEOUT)
        except TimeoutError as error:
            raise InputError(f"--dask: {address} has no workers; start some with `dask worker {address}`") from error

        def run(
            function: Callable[..., None],
            tasks: Sequence[tuple[Any, ...]],
            report: Callable[[int, int], None],
            reads: Sequence[Path] | None = None,
        ) -> None:
            missing = [task for task in tasks if not task[0].exists()]
            report(len(tasks) - len(missing), len(tasks))
            if not missing:
                return
            try:
                names = None if reads is None else [path.name for path in reads]
                contents = client.scatter([path.read_bytes() for path in reads], broadcast=True) if reads else []
                places = {
                    client.submit(_made, function, task[0].name, task[1:], names, contents, versions, pure=False): task[
                        0
                    ]
                    for task in missing
                }
                left = len(missing)
                for future, content in distributed.as_completed(list(places), with_results=True):
                    write_bytes(places.pop(future), content)
                    future.release()
                    left -= 1
                    report(len(tasks) - left, len(tasks))
            except JetflowError:
                raise
            except Exception as error:  # whatever a worker raised, or the cluster where it breaks down
                found = f"{type(error).__name__}: {error}".splitlines()[0]
                raise ToolError(f"Dask cluster {address}: {found:.200}; run the same command again to go on") from error

        yield run


def _made(
    function: Callable[..., None],
    name: str,
    arguments: tuple[Any, ...],
    names: list[str] | None,
    contents: list[bytes],
    versions: dict[str, str],
) -> bytes:
    """On a worker: the bytes of the file that `function` makes from `arguments` and the files `names`."""
    worker = importlib.import_module("distributed").get_worker()
    own = {package: jetflow.__version__ if package == "jetflow" else version(package) for package in versions}
    if other := [package for package in versions if own[package] != versions[package]]:
        raise InputError(
            f"--dask: worker {worker.address}: found {other[0]} {own[other[0]]}; {versions[other[0]]} as here is "
            "needed; install the same versions on all machines"
        )
    kept = Path(worker.local_directory) / "jetflow"
    with _one, TemporaryDirectory(dir=worker.local_directory) as folder:
        reads = [kept / own_name for own_name in names or []]
        for path, content in zip(reads, contents, strict=True):
            if not path.exists():
                write_bytes(path, content)
        made = Path(folder) / name
        function(made, *arguments, *([] if names is None else [reads]))
        return made.read_bytes()
