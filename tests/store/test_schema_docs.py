"""The tables of fields in the docs. `python -m tests.store.test_schema_docs` writes them anew."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from simgen.store.clip_fields import ATTRIBUTES, DATASETS, hashed_attributes
from simgen.store.fields import Field, meaning, type_text, version_text
from simgen.store.rows import LEDGER, ROWS

DOCS = Path(__file__).parents[2] / "docs"
COMMAND = "python -m tests.store.test_schema_docs"


def dataset_table() -> str:
    """The datasets of a clip as a table in Markdown."""
    rows = [
        (
            f"`{f.name}`",
            f.shape.replace(",", ", ") or "–",
            f.type,
            f.unit or "–",
            version_text(f.since),
            meaning(f),
        )
        for f in DATASETS
    ]
    return _table(("dataset", "shape", "type", "unit", "since", "meaning"), rows)


def column_table(head: str, fields: Iterable[Field]) -> str:
    """Attributes or columns as a table in Markdown."""
    rows = [(f"`{f.name}`", type_text(f), f.unit or "–", version_text(f.since), meaning(f)) for f in fields]
    return _table((head, "type", "unit", "since", "meaning"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


TABLES = {
    "clip datasets": (DOCS / "clips.md", dataset_table()),
    "clip attributes": (DOCS / "clips.md", column_table("attribute", ATTRIBUTES)),
    "row columns": (DOCS / "questions.md", column_table("column", ROWS.fields)),
    "ledger columns": (DOCS / "questions.md", column_table("column", LEDGER.fields)),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_page_has_the_table(name: str) -> None:
    path, table = TABLES[name]
    start, end = _markers(name)
    assert path.read_text("utf-8").partition(start)[2].partition(end)[0] == table, f"run: {COMMAND}"


@pytest.mark.parametrize(
    "field", [*ATTRIBUTES, *DATASETS, *ROWS.fields, *LEDGER.fields], ids=lambda f: f.name
)
def test_every_field_says_what_it_is(field: Field) -> None:
    assert len(field.description) > 2
    assert "|" not in field.description


def test_the_page_lists_the_attributes_that_are_hashed() -> None:
    page = (DOCS / "clips.md").read_text("utf-8")
    assert f"these attributes: {', '.join(f'`{name}`' for name in hashed_attributes())}." in page


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: {COMMAND} -->\n", f"<!-- end of {name} -->\n"


def _write(name: str) -> None:
    path, table = TABLES[name]
    start, end = _markers(name)
    head, _, rest = path.read_text("utf-8").partition(start)
    path.write_text(f"{head}{start}{table}{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    for table_name in TABLES:
        _write(table_name)
