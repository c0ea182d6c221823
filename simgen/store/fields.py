"""A field of a stored file, and what follows from a table of fields.

A schema is one table of fields: `clip_fields.py` for clips, `row_fields.py` for question rows and the ledger.
The version of the schema, the fields that a file of some version must have, and the values that a reader
gives for the others follow from the table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Version = tuple[int, int]
"""Major and minor version of a schema.

A new minor version only adds fields. A reader refuses a newer major version.
"""

FIRST: Version = (1, 0)

F = TypeVar("F", bound="Field")


@dataclass(frozen=True, slots=True)
class SameAs:
    """A default: the value of another field of the same record."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a schema."""

    name: str
    type: str
    """`text`, or the name of a numpy type (`float64`)."""
    shape: str = ""
    """Sizes with commas between them: `T,H,W,3`. A letter has one meaning in the file. Empty: one value."""
    unit: str = ""
    description: str
    since: Version = FIRST
    """The version of the schema that added the field."""
    default: Any = None
    """What a reader gives for a file that is older than the field: a value, or SameAs.

    Fields of the first version need none.
    """
    hashed: bool = False
    """Whether the content hash of a file covers the field."""


@dataclass(frozen=True, slots=True)
class About:
    """What the annotation of a dataclass's attribute says about the field: see Field."""

    description: str
    unit: str = ""
    since: Version = FIRST
    default: Any = None
    hashed: bool = False


def fields_of(record: type, type_names: Mapping[type, str]) -> tuple[Field, ...]:
    """The table of fields that a dataclass states in its annotations, in the order of its attributes.

    `Annotated[int, About("frames a second")]` is one field. A tuple is a list of any length. `type_names`
    gives the name of each Python type.
    """
    hints = get_type_hints(record, include_extras=True)
    return tuple(_field(item.name, hints[item.name], type_names) for item in fields(record))


def version_of(table: Iterable[Field]) -> Version:
    """The version of a schema: the one that its newest field was added in."""
    return max(field.since for field in table)


def fields_at(table: Iterable[F], version: Version) -> tuple[F, ...]:
    """The fields that a file of this version must have."""
    return tuple(field for field in table if field.since <= version)


def parse_version(text: str) -> Version | None:
    """`1.2` as (1, 2) and `2` as (2, 0); None for anything else."""
    major, _, minor = text.partition(".")
    return (int(major), int(minor or 0)) if major.isdecimal() and (minor or "0").isdecimal() else None


def version_text(version: Version) -> str:
    """(1, 2) as `1.2`."""
    return f"{version[0]}.{version[1]}"


def type_text(field: Field) -> str:
    """The type of a column for a reader: `float64`, `list of text`."""
    return f"list of {field.type}" if field.shape else field.type


def meaning(field: Field) -> str:
    """What a field means, and what a reader gives for files that are older than it, in Markdown."""
    if field.since == FIRST:
        return field.description
    return f"{field.description}; in files older than {version_text(field.since)}: {_default_text(field)}"


def _default_text(field: Field) -> str:
    if isinstance(field.default, SameAs):
        return f"the same as `{field.default.name}`"
    return "empty" if field.default in ("", ()) else f"`{field.default}`"


def _field(name: str, hint: Any, type_names: Mapping[type, str]) -> Field:
    kind, about = get_args(hint)
    assert get_origin(hint) is Annotated, name
    assert isinstance(about, About), name
    is_list = get_origin(kind) is tuple
    return Field(
        name=name,
        type=type_names[_plain_type(get_args(kind)[0] if is_list else kind)],
        shape="K" if is_list else "",
        unit=about.unit,
        description=about.description,
        since=about.since,
        default=about.default,
        hashed=about.hashed,
    )


def _plain_type(kind: Any) -> type:
    return type(get_args(kind)[0]) if get_origin(kind) is Literal else kind
