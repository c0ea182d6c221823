"""What a guesser can read: the words of a question without its frames, and what they vary in."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from simgen.scoring import index_of, parse_number
from simgen.store.rows import Row
from simgen.types import AnswerKind

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class BlindQuestion:
    """A question as text alone, with the answer to score a guess by."""

    id: str
    house: str
    """The same for all clips of one house: they must not be on both sides of a fold."""
    template: str
    kind: AnswerKind
    phrasing: int
    text: str
    options: tuple[str, ...]
    number: float
    """The answer where it is a number; NaN otherwise."""
    order: tuple[int, ...]
    """The right option's index, or for orders all of them, first to last; empty for numbers."""

    @property
    def chance(self) -> float:
        """The expected score of a random guess among the options; NaN for numbers."""
        if self.kind == "order":
            ways = 1.0
            for count in range(2, len(self.options) + 1):
                ways *= count
            return 1.0 / ways
        return 1.0 / len(self.options) if self.options else float("nan")


def blind_questions(rows: Sequence[Row]) -> list[BlindQuestion]:
    """Each question once, as it is asked with the fewest frames; by template and id."""
    first: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row.dataset, row.question_id, len(row.frames))):
        first.setdefault(question_key(row), row)
    found = [_question(key, row) for key, row in first.items()]
    return sorted(found, key=lambda question: (question.template, question.id))


def question_key(row: Row) -> str:
    """What names a row's question among those of all data sets."""
    return f"{row.dataset}/{row.question_id}"


def house_of(clip_id: str) -> str:
    """The house that a clip is of: its id without the last number (`<recipe>-<house>-<clip>`)."""
    return clip_id.rpartition("-")[0] or clip_id


def words_of(text: str) -> list[str]:
    """The lower-case words, numbers and marks of a text, in order."""
    return _TOKEN.findall(text.lower())


def numbers_of(text: str) -> list[float]:
    """The numbers that a text gives, in order."""
    values = (parse_number(word) for word in words_of(text) if word[0].isdigit())
    return [value for value in values if value is not None]


def number_in(text: str) -> float | None:
    """The value of a text that is a number and nothing else: 4:00 is none, for clocks go round."""
    try:
        return float(text)
    except ValueError:
        return None


def slots_of(questions: Sequence[BlindQuestion]) -> list[tuple[str, ...]]:
    """What each question of a template fills into its wording: "coffee table", "sink".

    Found by comparing the questions of one wording: words that all of them have are the wording's own, and
    each run of others is one slot.
    """
    wordings: dict[int, list[set[str]]] = defaultdict(list)
    for question in questions:
        wordings[question.phrasing].append(set(words_of(question.text)))
    own = {phrasing: set.intersection(*sets) for phrasing, sets in wordings.items()}
    return [_slots(words_of(question.text), own[question.phrasing]) for question in questions]


def common(values: Sequence[str], most: int) -> list[str]:
    """The `most` most frequent values, then by name."""
    counted = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return [value for value, _ in counted[:most]]


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
        number=float("nan") if ordered else float(row.answer),
        order=order,
    )


def _slots(words: list[str], own: set[str]) -> tuple[str, ...]:
    slots: list[list[str]] = [[]]
    for word in words:
        if word not in own and word[0].isalnum():
            slots[-1].append(word)
        elif slots[-1]:
            slots.append([])
    return tuple(" ".join(slot) for slot in slots if slot)
