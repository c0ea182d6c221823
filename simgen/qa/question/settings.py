"""How many questions are asked of a clip, with which frames, and what counts as visible in them."""

import hashlib
from dataclasses import dataclass

from simgen.errors import InputError, MissingDataError
from simgen.qa.view.view import VisibilityRule
from simgen.recipe import Recipe
from simgen.store.clips import Clip
from simgen.store.folder import Dataset


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """How many questions to ask of a clip, and what counts as visible."""

    frames: tuple[int, ...] = (8,)
    """Numbers of frames that each question is asked with, where it can be; all of a clip that has fewer."""
    rows_per_template: int = 8
    """Questions at most, for each clip."""
    min_visible_px: int = 64
    """Below this people could not name an object, so no question may rest on it."""
    min_visible_fraction: float = 0.1
    """Of the pixels that an object would own if nothing stood before it."""

    def __post_init__(self) -> None:
        if not self.frames or min(self.frames) < 1 or self.rows_per_template < 1:
            given = f"frames is {self.frames} and rows_per_template {self.rows_per_template}"
            raise InputError(f"question settings: {given}; give at least 1 of each")

    @property
    def rule(self) -> VisibilityRule:
        """When an object counts as seen."""
        return VisibilityRule(self.min_visible_px, self.min_visible_fraction)


def load_question_settings(
    dataset: Dataset, frames: tuple[int, ...] = (), per_template: int | None = None
) -> QuestionSettings:
    """The question settings of a data set's recipe; `frames` and `per_template` override the recipe's.

    Raises MissingDataError when the data set has no readable recipe.json.
    """
    try:
        recipe = Recipe.model_validate_json(dataset.recipe_path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        raise MissingDataError(
            f"{dataset.path}: no readable recipe.json here; mend it with: simgen render -r {dataset.name}"
        ) from None
    return QuestionSettings(
        frames=frames or recipe.questions.counts,
        rows_per_template=per_template or recipe.questions.per_template,
        min_visible_px=recipe.visibility.min_visible_px,
        min_visible_fraction=recipe.visibility.min_visible_fraction,
    )


def clip_seed(clip: Clip) -> int:
    """A seed that depends on the recipe's and the clip's name alone."""
    text = f"{clip.info.seed} {clip.id}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
