"""The result of `simgen qa --explain` as text."""

from collections import Counter
from collections.abc import Sequence

from simgen.qa.explain import Explanation, ObjectAccount
from simgen.qa.refusal import Refusal, RefusalKind

SELF_EXPLANATORY = frozenset[RefusalKind]({"not visible", "not nameable"})
"""Kinds of refusal that need no details, and whose objects get no name on the plan."""


def explanation_table(explanation: Explanation) -> list[str]:
    """Lines of text: what each template asked and dropped, with an example of each; then the objects."""
    lines = [f"{explanation.clip.id}: {len(explanation.frames)} frames"]
    for account in explanation.templates:
        dropped = sum(account.dropped.values())
        lines.append(
            f"{account.template}: {account.questions} questions in {account.rows} rows, {dropped} dropped"
        )
        if account.asked:
            lines.append(f"  asked: {account.asked}")
        for reason, count in account.dropped.items():
            lines.append(f"  dropped {count}, {reason}: {account.refused[reason]}")
    return [*lines, *_object_lines(explanation.objects)]


def _object_lines(objects: Sequence[ObjectAccount]) -> list[str]:
    """First the named objects, with their counts; then the others, grouped by reason."""
    named = sorted(
        (item for item in objects if item.questions), key=lambda item: (-item.questions, item.name)
    )
    lines = ["objects, with the number of questions that name each:"]
    lines += [f"  {item.questions:>3}  {item.name}" for item in named]
    others: dict[str, Counter[str]] = {}
    for item in objects:
        if not item.questions:
            others.setdefault(_why_unnamed(item.problem), Counter())[item.name] += 1
    for problem, names in sorted(others.items()):
        counted = [f"{name} ({count})" if count > 1 else name for name, count in sorted(names.items())]
        lines.append(f"    0  {', '.join(counted)}: {problem}")
    return lines


def _why_unnamed(problem: Refusal | None) -> str:
    if problem is None:
        return "can be named, but is not"
    return problem.kind if problem.kind in SELF_EXPLANATORY else str(problem)
