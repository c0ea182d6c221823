"""Drivers that are registered by a JSON file in a known folder: libglvnd's EGL drivers and Vulkan's
drivers."""

import json
from collections.abc import Sequence
from pathlib import Path


def find_driver_files(named: str | None, folders: Sequence[Path]) -> list[Path]:
    """The JSON files of the drivers, in the order in which a loader reads them.

    `named` is a list of files separated by colons. Without it, all JSON files of the folders are returned.
    """
    if named:
        return [path for path in map(Path, named.split(":")) if path.is_file()]
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.json"))]


def describe_files(paths: Sequence[Path]) -> str:
    """The names of the files, each with the library that it registers, as text."""
    return ", ".join(f"{path.name} ({_library(path)})" for path in paths)


def _library(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["ICD"]["library_path"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"cannot be read: {error}"
