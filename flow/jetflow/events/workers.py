"""Independent pieces of work on several processes."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from jetflow.errors import ToolError

__all__ = ["run_all"]


def _die_with_parent() -> None:
    """Start a thread that ends this worker when its parent is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_all(
    function: Callable[..., None], tasks: Sequence[tuple[Any, ...]], workers: int, report: Callable[[int, int], None]
) -> None:
    """Call `function(*task)` for every task on `workers` processes; `report(done, total)` as they finish.

    The first error cancels what has not begun and is raised. One worker runs in this process.
    """
    if workers == 1 or len(tasks) < 2:
        for done, task in enumerate(tasks):
            function(*task)
            report(done + 1, len(tasks))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(tasks)), context, initializer=_die_with_parent) as executor:
        futures = [executor.submit(function, *task) for task in tasks]
        try:
            for done, future in enumerate(as_completed(futures)):
                future.result()
                report(done + 1, len(tasks))
        except BrokenProcessPool as error:
            raise ToolError("a worker was killed (out of memory?); run the same command again to go on") from error
        finally:
            executor.shutdown(cancel_futures=True)
