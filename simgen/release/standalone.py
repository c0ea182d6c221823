"""Python files that exports and releases hold: they run where simgen is not installed.

Such a file is a module of simgen that imports nothing of simgen but one module of `simgen.scoring`. It is
written with the source of that module in the place of the import, so that it scores as simgen does.
"""

import ast
from importlib import resources

SCORING = "simgen.scoring."


def make_standalone(module: str) -> str:
    """The source of a module, with the sources of the modules of `simgen.scoring` that it needs inside it."""
    package, _, name = module.rpartition(".")
    source = (resources.files(package) / f"{name}.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.parse(source).body[::-1]:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SCORING):
            lines[node.lineno - 1 : node.end_lineno] = make_standalone(node.module or "").splitlines()
    return "\n".join(lines) + "\n"
