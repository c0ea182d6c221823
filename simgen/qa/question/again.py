"""A stored question asked again with fewer frames, in the texts that are right for them."""

from simgen.qa.question.compose import compose, parse_args
from simgen.qa.question.solve import solve
from simgen.qa.refusal import Refusal
from simgen.qa.templates.loading import Template
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.view import make_view, question_frames
from simgen.store.rows import Row


def ask_again(geometry: ClipGeometry, row: Row, template: Template, count: int) -> Row | Refusal:
    """The row that asks a row's question with `count` frames; the refusal if its answer is another one then.

    It is the row that `simgen qa --frames COUNT` would make of the question: its frames, its map and all
    texts are those of `count` frames. `geometry` is that of the row's clip.
    """
    ask, rule = parse_args(row.args)
    view = make_view(geometry, question_frames(geometry.clip, count), rule)
    solved = solve(view, template, ask)
    if isinstance(solved, Refusal):
        return solved
    if solved.answer != row.answer:
        return Refusal("changes", f"{solved.answer} with {count} frames, {row.answer} with {len(row.frames)}")
    return compose(view, template, solved, row.dataset, row.answerable)
