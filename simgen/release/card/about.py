"""Sections of the card that tell how to use a release, and what its limits are."""

from simgen import __version__
from simgen.release.contents import Contents
from simgen.release.evaluation.names import list_held_out, name_task

CAMERAS = """## Frames of reference

- **World**: left-handed, y up, in metres. Yaw is in degrees, clockwise seen from above; 0° looks along +z.
- **Camera**: a pinhole camera; x points right, y up, z forward. `world_from_camera` in a clip maps its
  coordinates to the world's. A point is projected to u = cx + fx·x/z and v = cy − fy·y/z, with pixel centres
  at half-integers. Depth is z, not the length of the ray, in millimetres (`depth_mm`).
- **Map**: seen from above, in metres. The origin is the point on the floor below the clip's first camera, x
  points to that camera's right and y ahead. Where `views` is `each`, it is the row's one camera. Boxes are
  rounded to 0.1 m, so a thin object can have a box without width. Reasoning and answer come from the exact
  boundaries, and can differ from the map by some centimetres.
- **Numbers of frames** count from 1 in questions, and from 0 in the column `frames`, which has indices in the
  clip."""

LOOK_LIMIT = (
    "The look is synthetic: simple shapes, materials and light, drawn by a rasteriser or a path tracer. "
    "Scores on these frames say little about photographs unless that is measured."
)
HOUSE_LIMIT = (
    "Houses follow ProcTHOR's priors, or those of the houses that the recipe reads: which rooms a house "
    "has, which objects stand where, and how often. They are tidy, and nothing moves."
)
FILTER_LIMIT = (
    "Questions are filtered. They are only about objects that are named unambiguously, seen well enough and "
    "large enough, and a small change of the geometry does not change their answers. Hard and ambiguous "
    "cases are missing, so scores can be higher than they would be on all cases."
)
BALANCE_LIMIT = (
    "Questions are chosen so that words help little to guess the answers. The distributions of answers are "
    "therefore not those of houses."
)
LANGUAGE_LIMIT = "All texts are English and made from templates: they vary little."
DIFFICULTY_LIMIT = (
    "The difficulty is a formula that was chosen by hand, not the error rate of models or people."
)
LIMIT_TEXTS = (
    LOOK_LIMIT,
    HOUSE_LIMIT,
    FILTER_LIMIT,
    BALANCE_LIMIT,
    LANGUAGE_LIMIT,
    DIFFICULTY_LIMIT,
)
LIMITS = "## Limits\n\n" + "\n".join(f"- {text}" for text in LIMIT_TEXTS)


SIMGEN_EVAL = """With `pip install 'simgen[train]'`, simgen asks a model of the Hub itself. It compares the
scores with those of the same model when it sees the frames of another house, and with the best guess from the
words:

```
simgen pull PATH_OR_REPO
simgen eval --model HUB_ID --answers answers
```

"""
"""It needs whole clips: the questions are also asked with the frames of other houses."""


def describe_evaluation(contents: Contents) -> str:
    """How to score a model on the held-out splits, in commands."""
    held_out = list_held_out(contents)
    if not held_out:
        return "## Evaluate\n\nThis release has no held-out split: all its houses are for training."
    simgen_eval = SIMGEN_EVAL if contents.clip_files == "full" else ""
    tasks = ",".join(name_task(contents, split) for split in held_out)
    return f"""## Evaluate

The houses of {" and ".join(f"`{split}`" for split in held_out)} are held out. This
code scores a text that a model wrote, from 0 to 1: numbers by mean relative accuracy (MRA), choices and
orders by an exact match.

```python
# text: what a model wrote about `row`
from simgen.scoring import score_answer, split_response

answer = split_response(text).answer  # the part in <answer>...</answer>
score = score_answer(answer, row["answer"], row["kind"], row["options"])
```

{simgen_eval}lmms-eval scores any model the same way, without simgen, and so does VLMEvalKit with
`eval/vlmevalkit/run_simgen.py`. With this data set in the folder `release`:

```
python -m lmms_eval --include_path release/eval/lmms-eval --tasks {tasks} --model ...
```"""


def describe_reproduction(contents: Contents, recorded: bool) -> str:
    """How to make the clips and the questions again, in commands.

    `recorded` is whether the release says how its questions were made.
    """
    if contents.clip_files == "none":
        return _describe_rendering(contents)
    renders = "\n".join(
        f"simgen --data again render --recipe simgen-data/{name}/recipe.json" for name in contents.recipes
    )
    asks, again = (
        (" `qa --again` asks the same questions anew,", "simgen qa --again\n") if recorded else ("", "")
    )
    return f"""## Reproduce

With simgen {__version__}: `pull` compares all checksums and verifies every question,{asks} and `render` makes
the clips anew: the same, with the same GL driver and version of the engine.

```
simgen pull PATH_OR_REPO
{again}{renders}
```"""


def _describe_rendering(contents: Contents) -> str:
    """How to make the clips of a release that has none."""
    renders = "\n".join(f"simgen render --recipe release/recipe/{name}.json" for name in contents.recipes)
    return f"""## Reproduce

With simgen {__version__}, and this data set in the folder `release`, this makes the clips: the same, with the
same GL driver and version of the engine.

```
{renders}
```"""
