"""`simgen qa --explain`: which questions were asked about one clip, which were not, and why."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simgen.errors import MissingDataError
from simgen.qa.question.compose import make_row_view, parse_args
from simgen.qa.question.map import list_asked_objects
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask
from simgen.qa.templates.loading import load_templates
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.names import map_name, room_names, spoken_name
from simgen.qa.view.needs import Needs, naming_problems
from simgen.qa.view.view import View, make_own_view, make_view
from simgen.scoring import index_of
from simgen.store.clips import Clip, read_clip
from simgen.store.folder import Dataset
from simgen.store.rows import Rejection, Row, read_ledger, read_rows

SHOWN = 8
"""The number of example questions in the picture: one of each group; more lines would cover each other."""
UNSEEN = Refusal("not visible", "none of the frames shows it well enough")


@dataclass(frozen=True, slots=True)
class TemplateAccount:
    """The questions of one template about a clip, and its dropped candidates."""

    template: str
    questions: int
    rows: int
    """One for each question and number of frames that it is asked with."""
    dropped: dict[str, int]
    """The number of dropped candidates by reason, the most frequent first."""
    asked: str
    """An example of a question, with its answer; empty when none was asked."""
    refused: dict[str, str]
    """An example of a dropped candidate, by reason."""


@dataclass(frozen=True, slots=True)
class ObjectAccount:
    """How one object of a clip is used in questions."""

    id: str
    name: str
    """As questions write it, numbered like its entry in the map: "dining table 2"."""
    questions: int
    """The number of questions that name it or offer it as an option."""
    problem: Refusal | None
    """Why no question may name it; None when one may."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A question of the picture."""

    row: Row
    ask: Ask
    view: View
    """The frames that the row shows, on its own map."""


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The result of `simgen qa --explain`."""

    clip: Clip
    frames: tuple[int, ...]
    """The frames of the question that shows most; all frames if each was asked as a clip of its own."""
    templates: tuple[TemplateAccount, ...]
    objects: tuple[ObjectAccount, ...]
    """In the order of the clip's objects."""
    examples: tuple[Example, ...]
    """Up to SHOWN questions, of different groups, templates and objects where possible."""


def explain(path: Path, template_names: Sequence[str] = ()) -> Explanation:
    """Reads what the rows and the ledger of a data set say about one clip, for some templates or all.

    Raises MissingDataError when no questions have been made from the clip's data set yet.
    """
    dataset = Dataset(path.parent.parent)
    if not dataset.questions_path.exists():
        raise MissingDataError(f"{dataset.path}: no questions here yet; make some with: simgen qa")
    clip = read_clip(path)
    wanted = {template.id for template in load_templates(template_names)}
    rows = [row for row in read_rows(dataset.questions_path, clip.id) if _is_wanted(row, wanted)]
    dropped = [item for item in read_ledger(dataset.ledger_path, clip.id) if _is_wanted(item, wanted)]
    if not rows and not dropped:
        raise MissingDataError(f"{dataset.questions_path}: nothing about {clip.id} here; run: simgen qa")
    views = _views(clip, rows, dropped)
    view = views[0]
    questions = list({row.question_id: row for row in sorted(rows, key=lambda row: len(row.frames))}.values())
    asks = [(row, parse_args(row.args)[0]) for row in questions]
    return Explanation(
        clip=clip,
        frames=view.frames,
        templates=tuple(_accounts(view, rows, dropped)),
        objects=tuple(_objects(views, asks)),
        examples=tuple(Example(row, ask, make_row_view(view.geometry, row)) for row, ask in _examples(asks)),
    )


def _is_wanted(item: Row | Rejection, wanted: set[str]) -> bool:
    return not wanted or item.template in wanted


def _views(clip: Clip, rows: Sequence[Row], dropped: Sequence[Rejection]) -> list[View]:
    """The view that shows most, then those of single frames if each was asked as a clip of its own."""
    rule, geometry = parse_args((rows or dropped)[0].args)[1], ClipGeometry(clip)
    if any(row.views == "each" for row in rows) or any(item.view != item.clip for item in dropped):
        frames = tuple(range(clip.frame_count))
        own = [make_own_view(geometry, frame, rule) for frame in frames]
        return [make_view(geometry, frames, rule), *own]
    frames = max((row.frames for row in rows), key=len, default=(0,))
    return [make_view(geometry, frames, rule)]


def _accounts(view: View, rows: Iterable[Row], dropped: Iterable[Rejection]) -> Iterable[TemplateAccount]:
    asked: dict[str, list[Row]] = defaultdict(list)
    refused: dict[str, list[Rejection]] = defaultdict(list)
    for row in rows:
        asked[row.template].append(row)
    for item in dropped:
        refused[item.template].append(item)
    names = _object_names(view), _room_names(view)
    for template in sorted(asked.keys() | refused.keys()):
        own, others = asked[template], refused[template]
        counts = Counter(item.reason for item in others)
        yield TemplateAccount(
            template=template,
            questions=len({row.question_id for row in own}),
            rows=len(own),
            dropped=dict(counts.most_common()),
            asked=format_question(own[0]) if own else "",
            refused={item.reason: _told(item, *names) for item in reversed(others)},
        )


def format_question(row: Row) -> str:
    """A question and its answer in one line."""
    if row.kind == "choice":
        return f"{row.question} {row.options[index_of(row.answer)]}"
    options = f" ({', '.join(row.options)})" if row.options else ""
    return f"{row.question}{options} {row.answer}{f' {row.unit}' if row.unit else ''}"


def _object_names(view: View) -> dict[str, str]:
    """The spoken names of a clip's objects by id."""
    return {item.id: name_in(view, item.id) for item in view.clip.objects}


def _room_names(view: View) -> dict[str, str]:
    """The spoken names of a clip's rooms by id, numbered if there are several of one type."""
    rooms = view.clip.rooms
    names = room_names(view.clip, range(len(rooms)))
    return {room.id: _spoken(room.type, names[index]) for index, room in enumerate(rooms)}


def _speak(text: str, names: dict[str, str]) -> str:
    """The text with the names of objects in place of their ids."""
    # The longest first: an id may be the beginning of another one.
    ids = "|".join(re.escape(key) for key in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w|])(?:{ids})(?![\w|])", lambda at: names[at[0]], text) if ids else text


def _told(item: Rejection, objects: dict[str, str], rooms: dict[str, str]) -> str:
    """What a dropped candidate was about, and the details of its reason."""
    ask, names = parse_args(item.args)[0], rooms | objects
    about = [names.get(key, key) for key in (*ask.objects, *ask.options)]
    about += [spoken_name(kind) for kind in ask.types] + [names.get(key, key) for key in ask.rooms]
    about += [f"frame {frame}" for frame in ask.frames]
    if item.view != item.clip:
        about.insert(0, item.view.removeprefix(f"{item.clip}-"))
    detail = _speak(item.detail, objects)
    return f"{', '.join(about)}: {detail}" if about else detail


def name_in(view: View, key: str) -> str:
    """An object's spoken name, numbered like its entry in the map; its type alone if it is not on the map."""
    kind = view.clip.objects[view.geometry.index[key]].type
    seen = view.find(key)
    return spoken_name(kind) if seen is None else _spoken(kind, seen.entry.name)


def _spoken(kind: str, name: str) -> str:
    """The spoken name of a type, with the number that its name on the map ends with."""
    return f"{spoken_name(kind)} {name.removeprefix(map_name(kind))}".rstrip()


def _objects(views: Sequence[View], asks: Sequence[tuple[Row, Ask]]) -> Iterable[ObjectAccount]:
    counts = Counter(
        key for row, ask in asks if row.skill in SKILLS for key in list_asked_objects(SKILLS[row.skill], ask)
    )
    problems = _problems(views[1:] or views)
    view, names = views[0], _object_names(views[0])
    for item in view.clip.objects:
        problem = problems.get(item.id, UNSEEN)
        # A template with looser needs may have named it nevertheless.
        told = None if counts[item.id] else problem
        told = told and replace(told, detail=_speak(told.detail, names))
        yield ObjectAccount(item.id, names[item.id], counts[item.id], told)


def _problems(views: Sequence[View]) -> dict[str, Refusal | None]:
    """Why no question may name a visible object, by id: None where it may in one of the views."""
    found: dict[str, Refusal | None] = {}
    for view in views:
        for object_id, problem in naming_problems(view, Needs()).items():
            found[object_id] = problem and found.get(object_id, problem)
    return found


def _examples(asks: Sequence[tuple[Row, Ask]]) -> list[tuple[Row, Ask]]:
    """Questions whose group, template and objects are used least in the questions chosen before."""
    used: Counter[str] = Counter()
    left, chosen = list(asks), list[tuple[Row, Ask]]()
    while left and len(chosen) < SHOWN:
        row, ask = pair = min(left, key=lambda pair: _use_of(*pair, used))
        used.update([f"group {row.group}", f"template {row.template}", *ask.objects])
        left.remove(pair)
        chosen.append(pair)
    return chosen


def _use_of(row: Row, ask: Ask, used: Counter[str]) -> tuple[int, int, int]:
    return (
        used[f"group {row.group}"],
        used[f"template {row.template}"],
        sum(used[name] for name in ask.objects),
    )


def as_record(explanation: Explanation) -> dict[str, object]:
    """An explanation as plain values for JSON."""
    return {
        "clip": explanation.clip.id,
        "frames": list(explanation.frames),
        "templates": {
            account.template: {
                "questions": account.questions,
                "rows": account.rows,
                "dropped": account.dropped,
                "asked": account.asked,
                "refused": account.refused,
            }
            for account in explanation.templates
        },
        "objects": {
            item.id: {"name": item.name, "questions": item.questions, "problem": str(item.problem or "")}
            for item in explanation.objects
        },
    }
