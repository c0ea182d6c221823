"""Writes the README.md of a release: the data set card that the Hub shows."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from simgen.release.card.about import CAMERAS, LIMITS, describe_evaluation, describe_reproduction
from simgen.release.card.clips import FILES
from simgen.release.card.example import describe_example
from simgen.release.card.figures import RowFigures
from simgen.release.card.markdown import table
from simgen.release.card.pictures import EXAMPLE, FRAMES, HISTOGRAMS
from simgen.release.card.titles import cite, summarize, title
from simgen.release.checksums import CHECKSUMS
from simgen.release.contents import Contents
from simgen.release.formats.image_folder import RELEASE_COLUMNS, list_row_fields
from simgen.release.formats.pictures import JPEG_QUALITY
from simgen.store.fields import type_text
from simgen.store.files import write_text
from simgen.store.rows import row_fields
from simgen.types import Split

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""The Hub's size categories."""


def write_card(
    folder: Path,
    contents: Contents,
    figures: RowFigures,
    licenses: Sequence[str],
    authors: Sequence[str] = (),
    audit: str = "",
    recorded: bool = False,
) -> None:
    """Writes the card into a release folder. It shows the pictures that are in `media/` already.

    `licenses` are identifiers of the Hub; `audit` is the section on guessing, in Markdown, or empty;
    `recorded` is whether the release says how its questions were made.
    """
    sections = [
        f"---\n{_header(contents, licenses)}---",
        f"# {title(contents)}",
        summarize(contents),
        _picture(folder, "Frames of the clips", FRAMES),
        *describe_example(figures, _picture(folder, "A question with its frames, map and answer", EXAMPLE)),
        _loading(contents.splits[0]),
        FILES[contents.clip_files],
        _browsing(folder),
        _columns(),
        CAMERAS,
        _counts(contents),
        _picture(folder, "Histograms", HISTOGRAMS),
        *([audit] if audit else []),
        describe_evaluation(contents),
        _origin(contents, licenses),
        describe_reproduction(contents, recorded),
        LIMITS,
        *describe_models(contents),
        _citing(contents, authors),
        _verifying(),
    ]
    write_text(folder / "README.md", "\n\n".join(section for section in sections if section) + "\n")


def _header(contents: Contents, licenses: Sequence[str]) -> str:
    files = "".join(f"  - split: {split}\n    path: qa/{split}/**\n" for split in contents.splits)
    return (
        f"pretty_name: {title(contents)!r}\n"
        f"license:{_listed_or_one(licenses)}\n"
        "language:\n- en\n"
        "task_categories:\n- visual-question-answering\n"
        "tags:\n- simgen\n- spatial-reasoning\n- synthetic\n- ai2-thor\n- procthor\n- depth\n"
        f"size_categories:\n- {_size(len(contents.keys))}\n"
        f"configs:\n- config_name: default\n  data_files:\n{files}"
    )


def _listed_or_one(names: Sequence[str]) -> str:
    """The value of a YAML key: the name, or a list of several."""
    return f" {names[0]}" if len(names) == 1 else "".join(f"\n- {name}" for name in names)


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "1M<n<10M")


def _loading(split: Split) -> str:
    return f"""## Load

```python
from datasets import load_dataset

questions = load_dataset("PATH_OR_REPO", split="{split}")
row = questions[0]
row["images"]      # the frames, in order, as PIL images
row["prompt"]      # what the model reads with the frames, as the user's message
row["completion"]  # what the model should write: <map>...</map><think>...</think><answer>...</answer>
```

TRL's trainers take these columns as they are. A model that is evaluated may only see `images` and `prompt`:
other columns, such as `map`, `think` and `asked`, give the answer away. Each frame that questions show is one
file in `qa/`: a JPEG of quality {JPEG_QUALITY} with chroma subsampling 4:2:0."""


def _picture(folder: Path, text: str, name: str) -> str:
    """The picture, if the release has it."""
    return f"![{text}]({name})" if (folder / name).exists() else ""


def _browsing(folder: Path) -> str:
    """How to look at the release, with what it has."""
    parts = list[str]()
    if (folder / "index.html").exists():
        parts.append(
            "`index.html` shows clips with their questions, maps and answers: download the release and open"
            " the file in a browser. It needs no server."
        )
    if (folder / "videos").exists():
        parts.append("`videos/` has all frames of each clip as a video; the column `video` names it.")
    return "\n\n".join(["## Look", " ".join(parts)]) if parts else ""


def _columns() -> str:
    """Every column that `datasets` loads: the frames, the texts, and the other columns of a row."""
    frames = ("`images`", "list of image", "", "the frames that the question shows")
    texts = [(f"`{name}`", column.shown, "", column.meaning) for name, column in RELEASE_COLUMNS.items()]
    kept = {field.name for field in list_row_fields()}
    of_row = [
        (f"`{field.name}`", type_text(field), field.unit, field.description)
        for field in row_fields()
        if field.name in kept
    ]
    return "## Columns\n\n" + table(("column", "type", "unit", "meaning"), [frames, *texts, *of_row])


def _counts(contents: Contents) -> str:
    facts = contents.as_dict()
    rooms = [(kind, n["clips"], n["questions"]) for kind, n in facts["by_room_type"].items()]
    return "\n\n".join(
        [
            "## Counts",
            table(("split", "questions", "clips", "frames"), _by_split(contents)),
            _leakage(contents),
            table(("group", "questions"), _descending(facts["by_group"])),
            table(("template", "questions"), _descending(facts["by_template"])),
            "Houses with a room of each type; a house has several:",
            table(("room type", "clips", "questions"), rooms),
        ]
    )


def _leakage(contents: Contents) -> str:
    houses = contents.houses
    repeated = "".join(f" {warning[0].upper()}{warning[1:]}." for warning in houses.warnings)
    return (
        f"Split leakage: none ({houses.count:,} houses). No two splits have a house in common, compared by "
        f"rooms, walls and objects, whatever the names.{repeated}"
    )


def _by_split(contents: Contents) -> list[tuple[str, int, int, int]]:
    rows = []
    for split in contents.splits:
        clips = [clip for clip in contents.clips if clip.info.split == split]
        questions = sum(1 for _ in contents.keys_of(split))
        rows.append((split, questions, len(clips), sum(clip.frame_count for clip in clips)))
    return rows


def _descending(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _origin(contents: Contents, licenses: Sequence[str]) -> str:
    facts = contents.as_dict()
    sizes = sorted({f"{clip.size_px[0]} x {clip.size_px[1]}" for clip in contents.clips})
    rows = [
        ("recipes", ", ".join(f"`recipe/{name}.json`" for name in contents.recipes)),
        ("seeds", _listed(clip.info.seed for clip in contents.clips)),
        ("engine", ", ".join(facts["engines"])),
        ("GL driver", ", ".join(facts["gl_drivers"])),
        ("simgen", ", ".join(facts["rendered_with"])),
        ("licence", ", ".join(licenses)),
        ("frame size", ", ".join(sizes) + " px"),
    ]
    return "## Origin\n\n" + table(("", ""), rows)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in sorted(set(values), key=str))


def describe_models(contents: Contents) -> list[str]:
    """Heading, text and table of the attributions that CC-BY requires; empty without an asset pack."""
    models = contents.attributions
    if not models:
        return []
    rows = [
        (f"{model['title']} (`{model['model']}`)", model["author"], model["licence"], model["source"])
        for model in models
    ]
    changes = "; ".join(sorted({model["changes"] for model in models} - {""}))
    about = "The frames show these models, each under its own licence. Changes made to them: "
    return [
        "## Models",
        f"{about}{changes or 'none'}.",
        table(("model", "author", "licence", "source"), rows),
    ]


def _citing(contents: Contents, authors: Sequence[str]) -> str:
    return f"""## Cite

`CITATION.cff` has this for reference managers.

```
{cite(contents, authors)}
```"""


def _verifying() -> str:
    return f"""## Verify

```
sha256sum -c {CHECKSUMS}
```"""
