"""npz files whose bytes depend on their arrays alone."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jetflow.atomic import write_bytes

__all__ = ["write_npz"]


def write_npz(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]], compressed: bool = False) -> None:
    """Write `arrays` to `path` atomically, without time stamps; deflated if `compressed`, which depends on zlib too."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for key, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(  # type: ignore[no-untyped-call]
                member, np.asarray(array, order="C"), allow_pickle=False
            )
            archive.writestr(zipfile.ZipInfo(key + ".npy"), member.getvalue(), archive.compression)
    write_bytes(path, buffer.getvalue())
