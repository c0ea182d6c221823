"""The schemas of question rows and of the ledger: one table of fields each, which is a dataclass.

To add a column, enter it here with `since` one minor version above the newest, and compute its value in
`simgen.qa.question.compose`. Older files stay readable: a reader gives the field's default for them.
`docs/questions.md` and the card of a release are written from these tables.
"""

from dataclasses import dataclass
from typing import Annotated

from simgen.store.fields import About, SameAs
from simgen.types import AnswerKind, Split, Views, Wording


@dataclass(frozen=True, slots=True)
class Row:
    """One question about one clip, with all that is needed to recompute its answer."""

    id: Annotated[str, About("id of the row")]
    question_id: Annotated[
        str,
        About(
            "id of the question; rows that ask it with different numbers of frames share it",
            since=(2, 0),
            default=SameAs("id"),
        ),
    ]
    dataset: Annotated[str, About("data set of the clip: the recipe's name")]
    clip: Annotated[str, About("id of the clip")]
    split: Annotated[Split, About("`train`, `val` or `test`")]
    frames: Annotated[tuple[int, ...], About("indices of the shown frames in the clip, in order")]
    answerable: Annotated[
        tuple[int, ...],
        About(
            "the numbers of frames, of 1, 4, 8, 12 and 16, with which the question can be answered; empty if "
            "unknown",
            since=(2, 0),
            default=(),
        ),
    ]
    template: Annotated[str, About("id of the template")]
    template_version: Annotated[int, About("version of the template")]
    phrasing: Annotated[int, About("index of the template's phrasing; 0 with the short wording")]
    group: Annotated[str, About("group of the template, such as `distance`")]
    skill: Annotated[str, About("skill that computes the answer from the clip")]
    args: Annotated[
        str,
        About("arguments of the skill (such as object ids), enough to recompute the answer; a JSON object"),
    ]
    kind: Annotated[AnswerKind, About("kind of answer, such as `metres` or `choice`")]
    question: Annotated[str, About("the question, without the instructions of the prompt")]
    options: Annotated[tuple[str, ...], About("texts of the choices, A first; empty for numbers")]
    answer: Annotated[
        str, About("the number, rounded to the template's decimals, or the letter of the right option")
    ]
    unit: Annotated[str, About("unit of the answer; empty if it has none")]
    map: Annotated[
        str,
        About(
            "bird's-eye map, a JSON list of `object_name` and `bbox` [x_min, y_min, x_max, y_max]; x is to "
            "the right and y ahead of the first camera",
            unit="m",
        ),
    ]
    think: Annotated[str, About("reasoning text, with the numbers that lead to the answer")]
    prompt: Annotated[str, About("the text that the model reads with the frames")]
    target: Annotated[
        str, About("the text that the model should write: `<map>…</map><think>…</think><answer>…</answer>`")
    ]
    margin: Annotated[
        float,
        About(
            "how clear the answer is: its lead over the next candidate, in the skill's unit, or the distance "
            "to the nearest rounding boundary"
        ),
    ]
    difficulty: Annotated[float, About("difficulty, 0 (easy) to 1 (hard)")]
    features: Annotated[str, About("features that the difficulty is computed from; a JSON object")]
    views: Annotated[
        Views,
        About(
            "`clip`, or `each`: the row's one frame is asked as a clip of its own, so the map's origin is "
            "below its camera",
            since=(2, 1),
            default="clip",
        ),
    ]
    wording: Annotated[
        Wording,
        About(
            "`full`, or `short`: question and reasoning in a few words, and a prompt without instructions",
            since=(2, 1),
            default="full",
        ),
    ]
    asked: Annotated[
        tuple[str, ...],
        About(
            "names of the map's entries from which alone the answer can be read, in the question's order, or "
            "in the map's where the answer depends on it; "
            "empty if unknown",
            since=(2, 1),
            default=(),
        ),
    ]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate question that was not asked, and why."""

    dataset: Annotated[str, About("data set of the clip: the recipe's name")]
    clip: Annotated[str, About("id of the clip")]
    template: Annotated[str, About("id of the template")]
    skill: Annotated[str, About("skill of the template")]
    args: Annotated[str, About("arguments of the skill; a JSON object")]
    reason: Annotated[str, About("one of a few short names, for counting")]
    detail: Annotated[str, About("the numbers or names that the reason rests on", since=(1, 1), default="")]
    view: Annotated[
        str,
        About(
            "what would have been asked about: the clip's id, or the id of one of its frames, such as "
            "`demo-00002-00-f007`",
            since=(1, 2),
            default=SameAs("clip"),
        ),
    ]
