"""manifest.json: the digest of a build's hand-over files, what they were made from, and by which versions."""

import hashlib
import json
from pathlib import Path
from typing import Any

from jetflow.atomic import write_text
from jetflow.build import Build
from jetflow.provenance import digest_files, package_versions

__all__ = ["SCHEMA", "add_tools", "handover_files", "read_manifest", "unchanged", "write_manifest"]

SCHEMA = "jetflow-manifest-1"


def handover_files(build: Build) -> dict[str, Path]:
    """graph.json, its weights and the firmware, by their names in the build, in the order of the names."""
    files = [build.folder / "graph.json", build.folder / "graph.npz"]
    for folder in ("hls", "rtl", "onnx"):
        files += (build.folder / folder).rglob("*")
    named = {path.relative_to(build.folder).as_posix(): path for path in files if path.is_file()}
    return dict(sorted(named.items()))


def write_manifest(build: Build, made_from: str) -> str:
    """Write manifest.json atomically and return the digest: sha256 over names and contents of the hand-over files.

    `made_from` is the digest of the inputs and the code.
    """
    files = handover_files(build)
    digest = digest_files(files.items())
    settings = build.settings
    content = {
        "schema": SCHEMA,
        "digest": digest,
        "model": settings.model,
        "target": settings.target,
        "precision": settings.precision,
        "versions": package_versions(),
        "made_from": made_from,
        "files": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()},
    }
    write_text(build.folder / "manifest.json", json.dumps(content, indent=1) + "\n")
    return digest


def add_tools(build: Build, tools: dict[str, str]) -> None:
    """Note the vendor tools that were run on the firmware, by step; the digest stays."""
    content = read_manifest(build)
    content["tools"] = content.get("tools", {}) | tools
    write_text(build.folder / "manifest.json", json.dumps(content, indent=1) + "\n")


def read_manifest(build: Build) -> dict[str, Any]:
    """The manifest's content; empty where there is none or it is damaged, so that the build is made anew."""
    try:
        content = json.loads((build.folder / "manifest.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def unchanged(build: Build, made_from: str) -> bool:
    """Whether the hand-over files on disk are those that the same inputs and code gave before."""
    manifest = read_manifest(build)
    if manifest.get("made_from") != made_from or manifest.get("schema") != SCHEMA:
        return False
    return manifest.get("digest") == digest_files(handover_files(build).items())
