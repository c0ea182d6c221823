"""Python files that exports and releases hold: they run where simgen is not installed.

Such a file is a module of simgen whose only import from simgen is that of `simgen.scoring.answers`. It is
written with the source of `simgen.scoring.answers` in the place of the import, so that it scores as simgen
does.
"""

import ast
from importlib import resources

SCORING = "simgen.scoring.answers"


def make_standalone(package: str, name: str) -> str:
    """The source of the module `name` of a package, with the source of the scoring inside it."""
    source = _read(package, name)
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    place = next(node for node in imports if node.module == SCORING)
    lines = source.splitlines()
    scoring = _read(*SCORING.rsplit(".", 1)).splitlines()
    return "\n".join([*lines[: place.lineno - 1], *scoring, *lines[place.end_lineno :]]) + "\n"


def _read(package: str, name: str) -> str:
    return (resources.files(package) / f"{name}.py").read_text(encoding="utf-8")
