"""YAML pages that are bundled under a name, or lie in a file of the user's."""

import difflib
from importlib.resources.abc import Traversable
from pathlib import Path

from simgen.errors import InputError


def page_names(folder: Traversable) -> list[str]:
    """Names of the pages in a bundled folder."""
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def find_page(name_or_path: str, folder: Traversable, what: str, error: type[InputError]) -> tuple[str, str]:
    """A label for messages, and the YAML text: of a file if its name ends in .yaml, else of a bundled page.

    Raises `error` when the file cannot be read, or naming the nearest bundled page; `what` says what the
    pages are, such as "recipe".
    """
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml"):
        try:
            return name_or_path, path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise error(f"{name_or_path}: cannot read this {what} ({problem})") from None
    names = page_names(folder)
    if name_or_path not in names:
        near = difflib.get_close_matches(name_or_path, names, n=1, cutoff=0.0)[0]
        raise error(
            f"no {what} is called '{name_or_path}'; did you mean '{near}'? Bundled: {', '.join(names)}; "
            "a file of yours ends in .yaml"
        )
    return f"{name_or_path}.yaml", (folder / f"{name_or_path}.yaml").read_text(encoding="utf-8")
