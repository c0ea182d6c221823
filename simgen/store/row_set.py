"""Names a set of question rows by a hash, so that a text about the rows can say which rows it is about."""

import hashlib
import re
from collections.abc import Iterable

_MARK = re.compile(r"<!-- simgen rows: ([0-9a-f]{64}) -->")
"""A comment in Markdown, which no page shows."""


def hash_row_ids(ids: Iterable[str]) -> str:
    """Hex SHA-256 of the rows' ids, whatever their order."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def mark_rows(text: str, sha256: str) -> str:
    """The Markdown text with the hash of the rows that it is about, in a comment at its start."""
    return f"<!-- simgen rows: {sha256} -->\n{text}"


def read_mark(text: str) -> str | None:
    """The hash that `mark_rows` wrote into a text; None when there is none."""
    found = _MARK.search(text)
    return None if found is None else found[1]
