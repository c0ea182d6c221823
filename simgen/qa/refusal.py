"""Why a question is not asked, or why a view cannot answer it."""

from dataclasses import dataclass
from typing import Literal

RefusalKind = Literal[
    # The objects of the question.
    "ambiguous name",
    "cut off",
    "elsewhere",
    "half hidden",
    "hangs",
    "not nameable",
    "not visible",
    "same object twice",
    "tilted",
    "too small",
    "touching",
    "unseen",
    # The frames and cameras.
    "behind the camera",
    "not linked",
    "not shown",
    "picture differs",
    "too close",
    # Rooms, gaps and walks.
    "blocked",
    "no passage",
    "no right angles",
    "nondescript",
    "not walkable",
    "nothing shown",
    "open side",
    "out of reach",
    "partly shown",
    "several rooms",
    "tight",
    "unknown room",
    "unseen floor",
    "unseen obstacle",
    "unseen room",
    # The options.
    "not an option",
    "not offered",
    "not one",
    # The answer.
    "changes",
    "map disagrees",
    "too ambiguous",
    "too large a number",
    "too small a number",
    # The choice over the whole data set.
    "balanced out",
    "near duplicate",
    "not needed",
]
"""Every kind of refusal, as the ledger's `reason` column holds it; docs/questions.md explains each."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason to refuse a question: a kind to count by, and the numbers or names behind it."""

    kind: RefusalKind
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"
