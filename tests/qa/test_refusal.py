"""The kinds of refusal: each one is used, documented and put into the ledger under its name."""

import ast
import re
from pathlib import Path
from typing import get_args

from simgen.qa.refusal import Refusal, RefusalKind

ROOT = Path(__file__).parents[2]
KINDS = get_args(RefusalKind)


def test_kinds_are_different_and_can_be_told_from_a_detail() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert all(re.fullmatch("[a-z]+( [a-z]+)*", kind) for kind in KINDS)
    assert str(Refusal("too small", "0.05 m: a pen")) == "too small: 0.05 m: a pen"


def test_every_kind_is_used_and_every_refusal_is_of_a_known_kind() -> None:
    used = [kind for path in sorted((ROOT / "simgen").rglob("*.py")) for kind in kinds_in(path)]
    assert set(used) == set(KINDS)


def test_every_kind_is_documented_once() -> None:
    section = (ROOT / "docs" / "questions.md").read_text("utf-8").partition("| reason | why the")[2]
    rows = section.partition("\n\n")[0].splitlines()[2:]
    documented = [kind for row in rows for kind in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(documented) == sorted(KINDS)


def kinds_in(path: Path) -> list[object]:
    """The first arguments of all calls of `Refusal` in a file."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Refusal"]
    assert all(isinstance(call.args[0], ast.Constant) for call in made), path
    return [call.args[0].value for call in made if isinstance(call.args[0], ast.Constant)]
