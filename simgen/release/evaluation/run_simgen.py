"""Runs VLMEvalKit with the questions of this release: it takes the arguments of VLMEvalKit's `run.py`.

    python run_simgen.py --data NAME --model ...

NAME is that of a TSV file beside this one, without its ending. The scores are those of `simgen eval`.
"""

import csv
import json
import runpy
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from simgen.scoring.answers import score_response

# Links are not followed: in the Hub's cache each file is a link to a folder without names.
FOLDER = Path(__file__).absolute().parent
RELEASE = FOLDER.parents[1]


def read_questions(name: str) -> list[dict[str, str]]:
    """The lines of a TSV by column. The paths of the frames are those on this machine."""
    csv.field_size_limit(sys.maxsize)
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    for line in lines:
        line["image_path"] = str([str(RELEASE / path) for path in json.loads(line["image_path"])])
    return lines


def score_texts(questions: Iterable[Mapping[str, str]], texts: Mapping[int, str]) -> dict[str, float]:
    """The mean scores over all questions and over those of each template. `texts` has them by index."""
    found = dict[str, list[float]]()
    for question in questions:
        scores = score_response(
            texts.get(int(question["index"]), ""),
            question["answer"],
            question["kind"],  # pyright: ignore[reportArgumentType]
            json.loads(question["options"]),
            question["target"],
        )
        scores[f"score/{question['template']}"] = scores["score"]
        for name, score in scores.items():
            found.setdefault(name, []).append(score)
    return {name: sum(scores) / len(scores) for name, scores in found.items()}


def register() -> None:
    """Makes the TSV files of this folder data sets of VLMEvalKit."""
    import pandas as pd
    from vlmeval import dataset as package  # pyright: ignore[reportMissingImports]
    from vlmeval.dataset.image_base import ImageBaseDataset  # pyright: ignore[reportMissingImports]
    from vlmeval.smp import dump, load  # pyright: ignore[reportMissingImports]

    class SimgenDataset(ImageBaseDataset):
        TYPE = "simgen"
        # Some models write prompts of their own, and ask for the letter or a single word alone.
        force_use_dataset_prompt = True

        @classmethod
        def supported_datasets(cls) -> list[str]:
            return sorted(path.stem for path in FOLDER.glob("*.tsv"))

        def load_data(self, dataset: str) -> Any:
            return pd.DataFrame(read_questions(dataset))

        def evaluate(self, eval_file: str, **_: Any) -> dict[str, float]:
            answered = load(eval_file)
            texts = dict(zip(map(int, answered["index"]), map(str, answered["prediction"]), strict=True))
            asked = [line for line in read_questions(self.dataset_name) if int(line["index"]) in texts]
            scores = score_texts(asked, texts)
            dump(scores, str(Path(eval_file).with_suffix("")) + "_score.json")
            return scores

    package.SimgenDataset = SimgenDataset
    package.DATASET_CLASSES.append(SimgenDataset)
    package.SUPPORTED_DATASETS.extend(SimgenDataset.supported_datasets())


def main() -> None:
    """Registers the data sets, then starts VLMEvalKit's own program."""
    register()
    import vlmeval  # pyright: ignore[reportMissingImports]

    package = Path(str(vlmeval.__file__)).parent
    # A checkout of VLMEvalKit has run.py beside the package; packages made of it have it inside.
    programs = [path for path in (package.parent / "run.py", package / "run.py") if path.is_file()]
    runpy.run_path(str(programs[0]), run_name="__main__")


if __name__ == "__main__":
    main()
