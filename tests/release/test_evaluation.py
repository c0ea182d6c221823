"""The files for other programs' evaluations: what they name is there, and they score as simgen does."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from simgen.release.contents import read_contents
from simgen.release.evaluation.lmms_eval import write_lmms_eval
from simgen.release.evaluation.vlmevalkit import write_vlmevalkit
from simgen.release.publish import publish
from simgen.scoring import format_score, list_parts, score_answer, split_response
from simgen.store.folder import Dataset
from simgen.store.rows import Row, read_rows, write_rows
from simgen.trainers.eval.benchmark import BenchmarkQuestion, Measure, summarize_benchmark
from simgen.trainers.eval.vsi_bench import score_vsi_bench
from tests.release.kitchens import make_dataset

CHOICE = {"kind": "choice", "options": ("sofa", "bed"), "answer": "B", "template": "closer"}
ORDER = {"kind": "order", "options": ("sofa", "bed", "desk"), "answer": "C, A, B", "template": "order"}
ANSWERS = ("1.2", "1.3 m", "1,5", "B", "the bed", "A) bed", "C, A, B", "desk, sofa, bed", "far", "0", "-1")
TEXTS = (
    *(f"<map>[]</map><think>so</think><answer>{answer}</answer>" for answer in ANSWERS),
    *("", "1.2", "<answer>1.2", "<answer>B</answer>", "<answer>B</answer><think>so</think><map>[]</map>"),
)
TASK = "simgen_kitchens_val"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Split train has a number. Split val has a number, a choice and an order, of a template each."""
    made = make_dataset(tmp_path_factory.mktemp("evaluation") / "data", "kitchens")
    train, *_, first, second = sorted(read_rows(made.questions_path), key=lambda row: row.split)
    held_out = [first, replace(second, **CHOICE), replace(second, **ORDER, id="kitchens-1-2")]
    named = [replace(row, prompt=f'Question "{row.id}":\n\tHow far?') for row in held_out]
    write_rows(made.questions_path, [train, *named])
    return made


@pytest.fixture(scope="module")
def release(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish([dataset], tmp_path_factory.mktemp("release") / "out").path


@pytest.fixture(scope="module")
def rows(dataset: Dataset) -> list[Row]:
    """The rows of split val, in the order of the release."""
    return [row for row in read_rows(dataset.questions_path) if row.split == "val"]


def load_task(path: Path) -> dict[str, Any]:
    """A task as lmms-eval reads it, with the names of its functions in angle brackets."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda _, node: f"<{node.value}>")
    task = yaml.load(path.read_text(encoding="utf-8"), Loader)
    included = load_task(path.parent / task.pop("include")) if "include" in task else {}
    return {**included, **task}


def run_bare(file: Path, script: str, given: object, **variables: str) -> Any:
    """What a script prints as JSON: it gets the names of a Python file, and `given`.

    The options -I and -S leave out site-packages, PYTHONPATH and the current folder, so that simgen cannot be
    imported.
    """
    load = "import json, runpy, sys; globals().update(runpy.run_path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{load}\ngiven = json.load(sys.stdin)\n{script}", file],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def expect(row: Row, text: str) -> dict[str, float]:
    """The scores that simgen gives a text, by the names of the metrics."""
    score = score_answer(split_response(text).answer, row.answer, row.kind, row.options)
    measure = "accuracy" if row.kind in ("choice", "order") else "mra"
    form = format_score(text, list_parts(row.target))
    return {"score": score, measure: score, "format": form, f"score/{row.template}": score}


def test_the_folder_has_a_task_for_the_held_out_split(release: Path) -> None:
    found = sorted(path.relative_to(release / "eval").as_posix() for path in (release / "eval").glob("*/*"))
    assert found == [
        f"lmms-eval/{TASK}.yaml",
        "lmms-eval/simgen_release.py",
        "lmms-eval/vsibench_debiased_map.yaml",
        "lmms-eval/vsibench_map.py",
        "lmms-eval/vsibench_map.yaml",
        "vlmevalkit/run_simgen.py",
        f"vlmevalkit/{TASK}.tsv",
    ]
    assert f"eval/lmms-eval/{TASK}.yaml" in (release / "checksums.sha256").read_text()


def test_without_held_out_questions_only_vsi_bench_is_there(dataset: Dataset, tmp_path: Path) -> None:
    made = make_dataset(tmp_path / "data", "kitchens")
    write_rows(
        made.questions_path, [row for row in read_rows(dataset.questions_path) if row.split == "train"]
    )
    contents = read_contents([made])
    write_lmms_eval(tmp_path / "lmms", contents)
    write_vlmevalkit(tmp_path / "vlm", contents, {})
    assert sorted(path.name for path in (tmp_path / "lmms").glob("*.yaml")) == [
        "vsibench_debiased_map.yaml",
        "vsibench_map.yaml",
    ]
    assert not (tmp_path / "vlm").exists()


@pytest.mark.parametrize("name", [TASK, "vsibench_map", "vsibench_debiased_map"])
def test_a_task_names_functions_that_are_there(name: str, release: Path) -> None:
    folder = release / "eval" / "lmms-eval"
    task = load_task(folder / f"{name}.yaml")
    assert task["task"] == name
    values = (*task.values(), *(metric["aggregation"] for metric in task["metric_list"]))
    functions = {value[1:-1] for value in values if isinstance(value, str) and value.startswith("<")}
    stock = {function for function in functions if function.startswith("lmms_eval.tasks.vsibench.utils.")}
    modules = {function.split(".")[0] for function in functions - stock}
    assert modules == {"simgen_release" if name == TASK else "vsibench_map"}
    names = [function.split(".")[1] for function in functions - stock]
    script = "print(json.dumps([name for name in given if name not in globals()]))"
    assert run_bare(folder / f"{modules.pop()}.py", script, names) == []


def test_a_task_asks_for_its_split_and_does_not_cut_answers(release: Path) -> None:
    task = load_task(release / "eval" / "lmms-eval" / f"{TASK}.yaml")
    assert task["test_split"] == "val"
    assert task["dataset_kwargs"] == {"data_files": {"val": "qa/val/**"}}
    assert task["generation_kwargs"]["until"] == []
    assert task["reasoning_tags"] == "none"
    debiased = load_task(release / "eval" / "lmms-eval" / "vsibench_debiased_map.yaml")
    assert (debiased["dataset_path"], debiased["dataset_name"]) == ("nyu-visionx/VSI-Bench", "debiased")


def test_lmms_eval_scores_as_simgen_does(release: Path, rows: Sequence[Row]) -> None:
    task = load_task(release / "eval" / "lmms-eval" / f"{TASK}.yaml")
    cases = [(question_of(row), text) for row in rows for text in TEXTS]
    found = run_bare(
        release / "eval" / "lmms-eval" / "simgen_release.py",
        "print(json.dumps([score(question, [text]) for question, text in given]))",
        cases,
    )
    assert found == [expect(row, text) for row in rows for text in TEXTS]
    assert {name for scores in found for name in scores} == {m["metric"] for m in task["metric_list"]}
    # The cases tell right from wrong: each row has texts of more than one score.
    assert all(len({expect(row, text)["score"] for text in TEXTS}) > 1 for row in rows)


def question_of(row: Row) -> dict[str, Any]:
    """A row as `datasets` loads it from a release; only what a score needs."""
    return {
        "answer": row.answer,
        "kind": row.kind,
        "options": list(row.options),
        "template": row.template,
        "completion": [{"role": "assistant", "content": row.target}],
    }


def test_the_questions_are_those_of_the_release_around_the_task_or_of_the_one_that_is_named(
    release: Path, tmp_path: Path
) -> None:
    file = release / "eval" / "lmms-eval" / "simgen_release.py"
    ask = "print(json.dumps(RELEASE))"
    assert run_bare(file, ask, None) == str(release)
    assert run_bare(file, ask, None, SIMGEN_RELEASE="ada/kitchens") == "ada/kitchens"
    alone = tmp_path / "eval" / "lmms-eval" / file.name
    alone.parent.mkdir(parents=True)
    alone.write_bytes(file.read_bytes())
    with pytest.raises(AssertionError, match="export SIMGEN_RELEASE=OWNER/NAME or FOLDER"):
        run_bare(alone, ask, None)


def test_the_tsv_holds_the_questions_and_paths_of_their_frames(release: Path, rows: Sequence[Row]) -> None:
    with (release / "eval" / "vlmevalkit" / f"{TASK}.tsv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    assert [line["index"] for line in lines] == ["0", "1", "2"]
    assert [(line["id"], line["question"], line["answer"]) for line in lines] == [
        (row.id, row.prompt, row.answer) for row in rows
    ]
    for line, row in zip(lines, rows, strict=True):
        paths = json.loads(line["image_path"])
        assert [Path(path).name for path in paths] == [f"{frame:05d}.jpg" for frame in row.frames]
        assert all((release / path).is_file() for path in paths)


def test_vlmevalkit_scores_as_simgen_does(release: Path, rows: Sequence[Row]) -> None:
    """Text k is the answer to all questions; the means are those of simgen's scores."""
    script = f"""
questions = read_questions({TASK!r})
print(json.dumps([[score_texts(questions, dict(enumerate([text] * 3))) for text in given],
                  [question["image_path"] for question in questions]]))
"""
    file = release / "eval" / "vlmevalkit" / "run_simgen.py"
    found, paths = run_bare(file, script, TEXTS)
    for text, means in zip(TEXTS, found, strict=True):
        each = [expect(row, text) for row in rows]
        for name, mean in means.items():
            scores = [scores[name] for scores in each if name in scores]
            assert mean == pytest.approx(sum(scores) / len(scores))
        assert set(means) == {name for scores in each for name in scores}
    assert all(Path(path).is_file() for listed in paths for path in yaml.safe_load(listed))


VSI: tuple[tuple[str, Measure, str], ...] = (
    ("object_rel_direction_easy", "accuracy", "A"),
    ("object_rel_direction_hard", "accuracy", "B"),
    ("object_rel_direction_hard", "accuracy", "C"),
    ("object_counting", "mra", "4"),
    ("object_abs_distance", "mra", "2.5"),
    ("obj_appearance_order", "accuracy", "D"),
)
VSI_TEXTS = (
    "<map>[]</map><think>so</think><answer>4</answer>",
    "<answer>B. left</answer>",
    "A",
    "2.4 m",
    "four",
    "",
)


def test_vsi_bench_is_scored_as_simgen_does(release: Path) -> None:
    cases = [
        ({"question_type": kind, "ground_truth": truth}, text) for kind, _, truth in VSI for text in VSI_TEXTS
    ]
    script = """
found = [score(question, [text]) for question, text in given]
print(json.dumps([found, aggregate([one["vsibench_overall"] for one in found])]))
"""
    found, overall = run_bare(release / "eval" / "lmms-eval" / "vsibench_map.py", script, cases)
    questions = [
        BenchmarkQuestion("", kind, task_of(kind), "", "", truth, measure, None, ())
        for kind, measure, truth in VSI
        for _ in VSI_TEXTS
    ]
    scores = [score_vsi_bench(question, text) for question, (_, text) in zip(questions, cases, strict=True)]
    assert [one["vsibench_overall"]["score"] for one in found] == scores
    assert overall == pytest.approx(summarize_benchmark("vsi-bench", questions, scores, 8).overall)
    metrics = {
        m["metric"] for m in load_task(release / "eval" / "lmms-eval" / "vsibench_map.yaml")["metric_list"]
    }
    assert {name for one in found for name in one} <= metrics


def task_of(kind: str) -> str:
    return "object_rel_direction" if "direction" in kind else kind
