"""A file that only fails to be written when HDF5 closes it is no file either."""

import subprocess
import sys
from pathlib import Path


def test_a_disk_that_is_full_at_the_end(tmp_path: Path) -> None:
    """HDF5 keeps small things to itself until it closes the file: no `check` before has seen the failure."""
    code = f"""
import resource
from pathlib import Path
from jetflow.errors import InputError
from jetflow.events.files.disk import new_hdf5
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    with new_hdf5(Path({str(tmp_path / "out.h5")!r})) as (file, disk):
        file.attrs["a"] = 1
        disk.check()
        print("written")
except InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "written"
    assert "out.h5: cannot be written" in done.stdout.splitlines()[1]
    assert list(tmp_path.iterdir()) == []
