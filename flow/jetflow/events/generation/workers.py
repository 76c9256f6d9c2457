"""Independent pieces of work on several processes."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from jetflow.errors import ToolError

__all__ = ["Run", "on_processes"]


def _die_with_parent() -> None:
    """Start a thread that ends this worker when its parent is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Run(Protocol):
    """Makes files: calls `function(*task)` for every task, whose first item is the path of the file.

    `reads`: files that are the same for all tasks, passed as a last argument, a list, unless None. `report(done,
    total)` is called as files are finished. The first error cancels what has not begun and is raised.
    """

    def __call__(
        self,
        function: Callable[..., None],
        tasks: Sequence[tuple[Any, ...]],
        report: Callable[[int, int], None],
        reads: Sequence[Path] | None = None,
    ) -> None: ...


@contextmanager
def on_processes(workers: int) -> Iterator[Run]:
    """Run tasks on `workers` processes of this machine; one runs in this process."""

    def run(
        function: Callable[..., None],
        tasks: Sequence[tuple[Any, ...]],
        report: Callable[[int, int], None],
        reads: Sequence[Path] | None = None,
    ) -> None:
        calls = list(tasks) if reads is None else [(*task, list(reads)) for task in tasks]
        if workers == 1 or len(calls) < 2:
            for done, call in enumerate(calls):
                function(*call)
                report(done + 1, len(calls))
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, len(calls)), context, initializer=_die_with_parent) as executor:
            futures = [executor.submit(function, *call) for call in calls]
            try:
                for done, future in enumerate(as_completed(futures)):
                    future.result()
                    report(done + 1, len(calls))
            except BrokenProcessPool as error:
                raise ToolError("a worker was killed (out of memory?); run the same command again to go on") from error
            finally:
                executor.shutdown(cancel_futures=True)

    yield run
