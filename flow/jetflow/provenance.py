"""Digests of what a result depends on: the code, the inputs, the packages."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from jetflow import __version__
from jetflow.checkout import CHECKOUT

__all__ = ["code_digest", "digest_files", "package_versions"]

PACKAGES = ("hls4ml", "qkeras", "tensorflow", "numpy", "onnx", "qonnx")
SOURCES = ("flow/jetflow", "hw", "tb")
SUFFIXES = {".py", ".h", ".cpp", ".sv", ".yaml", ".j2", ".tcl"}


def digest_files(files: Iterable[tuple[str, Path]]) -> str:
    """sha256 over names and contents, in the order given."""
    whole = hashlib.sha256()
    for name, path in files:
        whole.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def code_digest() -> str:
    """Digest of jetflow's own sources, so that a changed tool makes its results anew."""
    files = sorted(p for folder in SOURCES for p in (CHECKOUT / folder).rglob("*") if p.suffix in SUFFIXES)
    return digest_files((path.relative_to(CHECKOUT).as_posix(), path) for path in files)


def package_versions() -> dict[str, str]:
    """Installed versions of what shapes a build."""
    return {"jetflow": __version__} | {name: version(name) for name in PACKAGES}
