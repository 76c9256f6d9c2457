"""Writing an HDF5 file whole or not at all, also where the disk is full."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from jetflow.atomic import atomic_path

__all__ = ["Disk", "new_hdf5"]


@contextmanager
def new_hdf5(path: Path) -> Iterator[tuple[h5py.File, Disk]]:
    """Yield an empty HDF5 file that becomes `path` if the body succeeds, and the disk below it.

    Call the disk's `check` now and then, to stop early. Raises InputError where the disk is full or may not be
    written.
    """
    with atomic_path(path) as part, Disk(part, "w+") as disk:
        with h5py.File(disk, "w", libver=("v110", "v110")) as file:
            yield file, disk
        disk.check()


class Disk(io.FileIO):
    """A file that keeps its first failure in `error` and then pretends: HDF5 crashes when a write fails under it."""

    error: OSError | None = None

    def check(self) -> None:
        """Raise the failure, if there was one."""
        if self.error:
            raise self.error

    def write(self, data: Any, /) -> int:
        """Write all of `data`, in as many pieces as the system takes it."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view) and not self.error:
            try:
                done += super().write(view[done:]) or 0
            except OSError as error:
                self.error = error
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size of the file."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0
