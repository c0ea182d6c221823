"""The settings of a data set's questions: how many, with how many frames, and the visibility rule."""

import hashlib
from dataclasses import dataclass

from simgen.errors import InputError, MissingDataError
from simgen.qa.view.view import View, VisibilityRule
from simgen.recipe import Recipe
from simgen.store.folder import Dataset
from simgen.types import Views, Wording


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """How many questions to ask of a clip, with how many frames, and the visibility rule."""

    frames: tuple[int, ...] = (8,)
    """The numbers of frames that each question is asked with if it can be answered; a shorter clip uses
    all."""
    rows_per_template: int = 8
    """The maximum of questions of one template for each clip, or for each frame."""
    min_visible_px: int = 64
    """The least number of pixels of a visible object. People could not name a smaller one."""
    min_visible_fraction: float = 0.1
    """The least share of the pixels that an object would own unoccluded."""
    views: Views = "clip"
    """Whether the clip is asked about, or each of its frames as a clip of its own."""
    wording: Wording = "full"

    def __post_init__(self) -> None:
        if self.views == "each" and self.frames != (1,):
            raise InputError(
                f"question settings: frames is {self.frames}, but views: each asks about one frame at a "
                "time; leave out --frames"
            )
        if not self.frames or min(self.frames) < 1 or self.rows_per_template < 1:
            given = f"frames is {self.frames} and rows_per_template {self.rows_per_template}"
            raise InputError(f"question settings: {given}; give at least 1 of each")

    @property
    def rule(self) -> VisibilityRule:
        """The rule that decides whether an object is visible."""
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
        views=recipe.questions.views,
        wording=recipe.questions.wording,
    )


def view_seed(view: View) -> int:
    """A seed that depends only on the recipe's seed and the name of what is asked about."""
    text = f"{view.clip.info.seed} {view.name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
