"""The table of actions in the documentation, against the engine's own."""

import re
from pathlib import Path

from simgen.engine.protocol.actions import ACTIONS

TABLE = Path(__file__).parents[3] / "docs" / "actions.md"
ENGINES_OWN = {"GetUnoccludedPixelCounts"}
"""What the simulator answers itself."""


def test_the_table_lists_every_action_and_no_other() -> None:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(ACTIONS) | ENGINES_OWN
