"""Answers of endpoints on disk, so that no question is paid for twice: a SQLite file."""

import sqlite3
from pathlib import Path
from types import TracebackType

from simgen.errors import InputError

SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"


class AnswerCache:
    """Texts by key. A text is on disk when `put` returns. Several processes may use one file."""

    def __init__(self, path: Path | None) -> None:
        """Opens or makes the file; None keeps texts in memory. Raises InputError for another kind of file."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        # Another process may be storing a text: it takes milliseconds.
        self._database = sqlite3.connect(path or ":memory:", timeout=60.0)
        try:
            with self._database:
                self._database.execute(SCHEMA)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise InputError(f"{path}: no file of stored answers ({error}); move it away") from None

    def get(self, key: str) -> str | None:
        """The text that was stored under a key; None if there is none."""
        found = self._database.execute("SELECT text FROM answers WHERE key = ?", (key,)).fetchone()
        return None if found is None else found[0]

    def put(self, key: str, text: str) -> None:
        """Stores a text; one that is there is replaced."""
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, text))

    def count(self) -> int:
        """The number of texts."""
        return self._database.execute("SELECT COUNT(*) FROM answers").fetchone()[0]

    def __enter__(self) -> "AnswerCache":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._database.close()
