"""The optional packages of the `events` extra (GPL parts among them): imported only where events are made."""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, Any

from jetflow.errors import MissingToolError

__all__ = ["captured", "fastjet_quietly", "optional"]


def optional(module: str) -> Any:
    """Import `module`; MissingToolError with the command that installs it where it is absent."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingToolError(
            f"making events needs {module}, which is not installed: pip install 'jetflow[events]'"
        ) from error


@contextmanager
def captured() -> Iterator[IO[str]]:
    """A file that takes what C++ code of this process prints to its standard output meanwhile."""
    sys.stdout.flush()
    saved = os.dup(1)
    try:
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            os.dup2(output.fileno(), 1)
            yield output
    finally:
        os.dup2(saved, 1)
        os.close(saved)


@lru_cache(maxsize=1)
def fastjet_quietly() -> Any:
    """The module fastjet after it has printed its banner, once a process, to nowhere.

    The banner comes from C++ at the first clustering, in the middle of the progress bar. CITATION.cff cites fastjet.
    """
    fastjet = optional("fastjet")
    with captured():
        one, definition = fastjet.PseudoJet(1, 0, 0, 1), fastjet.JetDefinition(fastjet.antikt_algorithm, 1.0)
        fastjet.ClusterSequence([one], definition)
    return fastjet
