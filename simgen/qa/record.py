"""The record of how a data set's questions were made: `questions.json`, and the templates as YAML files.

`simgen qa` writes it beside the rows, and a release contains it. With it the questions can be checked by the
templates that made them, and `simgen qa --again` asks them again. Which questions were dropped afterwards is
in the ledger.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import pydantic
import yaml

from simgen import __version__
from simgen.errors import InputError
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.templates.loading import Name, Template, list_template_ids, load_own_page, load_templates
from simgen.store.files import write_text
from simgen.store.folder import Dataset
from simgen.store.row_set import hash_row_ids
from simgen.store.rows import read_row_ids
from simgen.types import Views, Wording

FORMAT = "simgen-questions/1"
LINE = 10_000
"""Characters of a line of YAML. A text of a template stays on one line, where it can be searched."""


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)


class Edit(_Part):
    """A command that dropped questions after they were asked. The ledger says which."""

    command: str
    """As it was typed, without the data folder."""
    rows: int
    """The number of rows that it dropped."""


class QuestionRecord(_Part):
    """All that decides which questions are asked about a data set's clips."""

    format: Literal["simgen-questions/1"] = FORMAT
    simgen_version: str = __version__
    """The version that asked the questions."""
    rows_sha256: str
    """Hash of the ids of the rows (see `hash_row_ids`)."""
    templates: tuple[Name, ...]
    """Ids of the templates that were asked, in order. Each is a file `templates/<id>.yaml`."""
    balance: bool
    """Whether questions were chosen over the whole data set so that words do not predict answers."""
    frames: tuple[int, ...]
    per_template: int
    min_visible_px: int
    min_visible_fraction: float
    views: Views
    wording: Wording
    edits: tuple[Edit, ...] = ()

    @property
    def settings(self) -> QuestionSettings:
        """The settings that the questions were asked with."""
        return QuestionSettings(
            frames=self.frames,
            rows_per_template=self.per_template,
            min_visible_px=self.min_visible_px,
            min_visible_fraction=self.min_visible_fraction,
            views=self.views,
            wording=self.wording,
        )


def make_record(
    row_ids: Iterable[str], templates: Sequence[Template], settings: QuestionSettings, balance: bool
) -> QuestionRecord:
    """The record of questions that have just been asked."""
    return QuestionRecord(
        rows_sha256=hash_row_ids(row_ids),
        templates=tuple(template.id for template in templates),
        balance=balance,
        frames=settings.frames,
        per_template=settings.rows_per_template,
        min_visible_px=settings.min_visible_px,
        min_visible_fraction=settings.min_visible_fraction,
        views=settings.views,
        wording=settings.wording,
    )


def write_record(dataset: Dataset, record: QuestionRecord, templates: Sequence[Template]) -> None:
    """Writes the record and the templates of a data set, and removes templates of an earlier record."""
    earlier = read_record(dataset)
    for name in set(earlier.templates if earlier else ()) - set(record.templates):
        _template_path(dataset.templates_path, name).unlink(missing_ok=True)
    write_templates(dataset.templates_path, templates)
    write_text(dataset.record_path, render_record(record))


def write_templates(folder: Path, templates: Sequence[Template]) -> None:
    """Writes each template as `<id>.yaml`."""
    for template in templates:
        write_text(_template_path(folder, template.id), render_template(template))


def add_edit(dataset: Dataset, record: QuestionRecord, edit: Edit) -> None:
    """Adds an edit of the rows, which has been carried out, to the record of a data set."""
    changed = {
        "edits": (*record.edits, edit),
        "rows_sha256": hash_row_ids(read_row_ids(dataset.questions_path)),
    }
    write_text(dataset.record_path, render_record(record.model_copy(update=changed)))


def find_record(dataset: Dataset) -> QuestionRecord | None:
    """The record of a data set's rows; None if there is none, or if it is about other rows.

    Raises InputError for a damaged record.
    """
    record = read_record(dataset)
    if record is None or not dataset.questions_path.exists():
        return None
    return record if record.rows_sha256 == hash_row_ids(read_row_ids(dataset.questions_path)) else None


def read_record(dataset: Dataset) -> QuestionRecord | None:
    """The record in a data set's folder, whatever rows it is about; None if there is none."""
    path = dataset.record_path
    return parse_record(path.read_bytes(), path) if path.is_file() else None


def parse_record(text: bytes, path: Path) -> QuestionRecord:
    """A record as JSON. Raises InputError for anything else; `path` is named in the message."""
    try:
        return QuestionRecord.model_validate_json(text)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"{path}: not a record of questions ({where}: {first['msg']}); make it again with: simgen qa"
        ) from None


def render_record(record: QuestionRecord) -> str:
    """A record as the text of its file."""
    return record.model_dump_json(indent=2) + "\n"


def read_templates(folder: Path, record: QuestionRecord) -> list[Template]:
    """The templates of a record, from the folder `templates`. None of them can extend another page.

    Raises TemplateError when one is missing or has mistakes.
    """
    return [load_own_page(_template_path(folder, name), name) for name in record.templates]


def render_template(template: Template) -> str:
    """A template as a YAML page that extends no other, without the fields that have their default."""
    values = template.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=LINE)


def choose_templates(dataset: Dataset, names: Sequence[str]) -> tuple[Template, ...]:
    """The templates to check a data set's rows with: the named ones, and those that made the rows.

    Where two have the same id, a file of `names` is taken before the record, and the record before the
    template that comes with simgen.
    """
    record = find_record(dataset)
    recorded = read_templates(dataset.templates_path, record) if record else []
    return merge_templates(recorded, load_templates(names))


def merge_templates(recorded: Sequence[Template], named: Sequence[Template]) -> tuple[Template, ...]:
    """The named and the recorded templates, each id once; see `choose_templates`."""
    bundled, chosen = set(list_template_ids()), {template.id: template for template in named}
    chosen |= {item.id: item for item in recorded if item.id in bundled or item.id not in chosen}
    return tuple(chosen.values())


def _template_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.yaml"


class _Dumper(yaml.SafeDumper):
    """Writes no aliases: the reader of pages refuses them."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True
