"""Question rows reduced to what a guesser may read: the text and the options, never a frame."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial, nan

from simgen.scoring import index_of, parse_number
from simgen.store.rows import Row
from simgen.types import AnswerKind

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class BlindQuestion:
    """The text of a question, with the answer to score a guess by."""

    id: str
    house: str
    """The same for all clips of one house, which must not be on both sides of a fold."""
    template: str
    kind: AnswerKind
    phrasing: int
    text: str
    options: tuple[str, ...]
    number: float
    """The answer of a numeric question; otherwise NaN."""
    order: tuple[int, ...]
    """The right option's index, or for orders the indices of all options, first to last; empty for
    numbers."""

    @property
    def chance(self) -> float:
        """The expected score of a random guess among the options; NaN for numbers."""
        if self.kind == "order":
            return 1.0 / factorial(len(self.options))
        return 1.0 / len(self.options) if self.options else nan


def make_blind_questions(rows: Sequence[Row]) -> list[BlindQuestion]:
    """Each question once, as it is asked with the fewest frames; sorted by template and id."""
    first: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row.dataset, row.question_id, len(row.frames))):
        first.setdefault(question_key(row), row)
    found = [_question(key, row) for key, row in first.items()]
    return sorted(found, key=lambda question: (question.template, question.id))


def question_key(row: Row) -> str:
    """Identifies a row's question among those of all data sets."""
    return f"{row.dataset}/{row.question_id}"


def house_of(clip_id: str) -> str:
    """The house of a clip: the clip's id without its last number (`<recipe>-<house>-<clip>`)."""
    return clip_id.rpartition("-")[0] or clip_id


def split_words(text: str) -> list[str]:
    """The lower-case words, numbers and punctuation marks of a text, in order."""
    return _TOKEN.findall(text.lower())


def find_numbers(text: str) -> list[float]:
    """The numbers in a text, in order."""
    values = (parse_number(word) for word in split_words(text) if word[0].isdigit())
    return [value for value in values if value is not None]


def parse_plain_number(text: str) -> float | None:
    """The value of a text that is a number and nothing else.

    None for a clock time such as 4:00: hours are circular, so their size says nothing.
    """
    try:
        return float(text)
    except ValueError:
        return None


def find_slots(questions: Sequence[BlindQuestion]) -> list[tuple[str, ...]]:
    """What each question of a template fills into the slots of its phrasing, such as "coffee table", "sink".

    The questions of one phrasing are compared. Words that all of them have belong to the phrasing. Each run
    of other words is one slot.
    """
    phrasings: dict[int, list[set[str]]] = defaultdict(list)
    for question in questions:
        phrasings[question.phrasing].append(set(split_words(question.text)))
    own = {phrasing: set.intersection(*sets) for phrasing, sets in phrasings.items()}
    return [_slots(split_words(question.text), own[question.phrasing]) for question in questions]


def most_common(values: Sequence[str], count: int) -> list[str]:
    """The `count` most frequent values; among equally frequent ones in alphabetical order."""
    counted = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return [value for value, _ in counted[:count]]


def _question(key: str, row: Row) -> BlindQuestion:
    ordered = row.kind in ("choice", "order")
    order = tuple(index_of(letter) for letter in row.answer.split(", ")) if ordered else ()
    return BlindQuestion(
        id=key,
        house=house_of(row.clip),
        template=row.template,
        kind=row.kind,
        phrasing=row.phrasing,
        text=row.question,
        options=row.options,
        number=nan if ordered else float(row.answer),
        order=order,
    )


def _slots(words: list[str], own: set[str]) -> tuple[str, ...]:
    """Runs of words that are not among the phrasing's `own`."""
    slots: list[list[str]] = [[]]
    for word in words:
        if word not in own and word[0].isalnum():
            slots[-1].append(word)
        elif slots[-1]:
            slots.append([])
    return tuple(" ".join(slot) for slot in slots if slot)
