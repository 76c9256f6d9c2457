"""manifest.json: the digest of a build's hand-over files and the versions that made them."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from jetflow.atomic import write_text
from jetflow.build import Build

__all__ = ["SCHEMA", "handover_files", "write_manifest"]

SCHEMA = "jetflow-manifest-1"
PACKAGES = ("jetflow", "hls4ml", "qkeras", "tensorflow", "numpy")


def handover_files(build: Build) -> list[Path]:
    """graph.json, its weights and the HLS project, in the order of their names."""
    files = [build.folder / "graph.json", build.folder / "graph.npz"]
    return sorted(files + [path for path in build.hls.rglob("*") if path.is_file()])


def write_manifest(build: Build) -> str:
    """Write manifest.json atomically and return the digest: sha256 over names and contents of the hand-over files."""
    files = {
        path.relative_to(build.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in handover_files(build)
    }
    digest = hashlib.sha256("".join(f"{name} {sha}\n" for name, sha in files.items()).encode()).hexdigest()
    settings = build.settings
    content = {
        "schema": SCHEMA,
        "digest": digest,
        "model": settings.model,
        "target": settings.target,
        "precision": settings.precision,
        "versions": {name: version(name) for name in PACKAGES},
        "files": files,
    }
    write_text(build.folder / "manifest.json", json.dumps(content, indent=1) + "\n")
    return digest
