"""`python -m tests.qa.independent DATA`: recomputes the answers in a data folder by other methods."""

import argparse
import sys
from pathlib import Path

from tests.qa.independent.agreement import check_folder, disagreements, table

SHOWN = 20


def main() -> int:
    """Prints the table. Returns 1 when an answer disagrees or nothing was checked, otherwise 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.qa.independent", description=__doc__)
    parser.add_argument("data", type=Path, help="a data folder, as --data of simgen")
    parser.add_argument("--per-template", type=int, default=2000, help="rows of each template and data set")
    given = parser.parse_args()
    tallies = check_folder(given.data, given.per_template)
    wrong = disagreements(tallies.values())
    print(table(tallies))
    for line in wrong[:SHOWN]:
        print(line, file=sys.stderr)
    if not tallies:
        print(f"{given.data}: no questions here", file=sys.stderr)
    return 1 if wrong or not tallies else 0


sys.exit(main())
