"""`simgen audit`: its output, its pruning, and its comparison with axis-aligned boxes."""

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.geometry.boxes import box_gap
from simgen.qa.audit import GUESSABLE
from simgen.qa.question.aligned import align_boxes, answer_with_aligned_boxes
from simgen.qa.question.generate import make_pool, make_question_views, make_rows
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.templates.loading import load_templates
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import Rejection, Row, read_ledger, read_row_ids, read_rows, write_ledger, write_rows
from tests.qa.fairness.blind_sets import biased, choices, unbiased
from tests.synthetic import write_synthetic_clip

BLANK = Row(
    id="",
    question_id="",
    dataset="set",
    clip="",
    split="train",
    frames=(0,),
    answerable=(1, 4),
    template="nearest",
    template_version=1,
    phrasing=0,
    group="distance",
    skill="nearest_by_gap",
    args="",
    kind="choice",
    question="",
    options=(),
    answer="",
    unit="",
    map="[]",
    think="",
    prompt="",
    target="",
    margin=1.0,
    difficulty=0.5,
    features="{}",
    views="clip",
    wording="full",
    asked=(),
)


@pytest.fixture
def guessable(tmp_path: Path) -> DataFolder:
    """A data set with biased choices, each asked with 1 and with 4 frames."""
    folder = DataFolder(tmp_path / "data")
    dataset = folder.dataset("set")
    (dataset.path / "clips").mkdir(parents=True)
    (dataset.path / "clips" / "set-house0-00.h5").touch()
    write_rows(dataset.questions_path, [row for n in (1, 4) for row in _rows(n)])
    return folder


def run(folder: DataFolder, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(
        main, ["--data", str(folder.path), "audit", "--folds", "3", "-j", "1", *arguments]
    )
    return result.exit_code, result.stdout, result.stderr


def test_the_report_names_what_can_be_guessed(guessable: DataFolder) -> None:
    code, out, _ = run(guessable, "--json")
    report = json.loads(out)
    found = report["templates"]["nearest"]
    # 120 questions, each at two numbers of frames, ten in each house.
    assert (found["rows"], found["houses"], found["chance"]) == (120, 12, 0.25)
    assert found["blind"] == max(found["guessers"].values()) > 0.4
    assert report["total"] == {"rows": 120, "chance": 0.25, "blind": found["blind"]}
    assert code == 1
    assert report["failures"][0].startswith("nearest: guessed ")
    _, _, err = run(guessable)
    assert "simgen: nearest: guessed" in err
    assert "simgen audit --prune" in err


@pytest.mark.slow
def test_two_workers_find_the_same(guessable: DataFolder) -> None:
    dataset = guessable.dataset("set")
    lucky = [
        replace(row, template="lucky", id=row.id + "x", question_id=row.question_id + "x") for row in _rows(1)
    ]
    write_rows(dataset.questions_path, [*read_rows(dataset.questions_path), *lucky])
    one, two = (json.loads(run(guessable, "--json", "-j", workers)[1]) for workers in ("1", "2"))
    assert set(one["templates"]) == {"nearest", "lucky"}
    assert one["templates"] == two["templates"]


@pytest.mark.slow
def test_pruning_drops_whole_questions_into_the_ledger(guessable: DataFolder) -> None:
    dataset = guessable.dataset("set")
    before = read_rows(dataset.questions_path)
    older = Rejection("set", "c", "nearest", "nearest_by_gap", "{}", "too close", "0.1 m", "c")
    write_ledger(dataset.ledger_path, [older])
    _, out, _ = run(guessable, "--json", "--prune", "--target", "12")
    report, after = json.loads(out), read_rows(dataset.questions_path)
    gone = {row.question_id for row in before} - {row.question_id for row in after}
    assert 0 < len(gone) == report["pruned"]["nearest"]
    assert after == [row for row in before if row.question_id not in gone]
    assert report["templates"]["nearest"]["over"] <= 12.0 or report["templates"]["nearest"]["rows"] == 48
    ledger = read_ledger(dataset.ledger_path)
    assert ledger[0] == older
    assert {entry.args for entry in ledger[1:]} == {row.args for row in before if row.question_id in gone}
    assert {entry.reason for entry in ledger[1:]} == {GUESSABLE}


def test_without_prune_nothing_is_written(guessable: DataFolder) -> None:
    dataset = guessable.dataset("set")
    before = dataset.questions_path.read_bytes()
    run(guessable)
    assert dataset.questions_path.read_bytes() == before
    assert not dataset.ledger_path.exists()


def test_the_card_has_a_table_of_every_template(guessable: DataFolder, tmp_path: Path) -> None:
    code, out, _ = run(guessable, "--card", str(tmp_path / "card.md"), "--target", "90")
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert code == 0
    ids = read_row_ids(guessable.dataset("set").questions_path)
    comment, heading, *_ = card.splitlines()
    # `sort -u` of the ids, one a line without a last line break, into sha256sum.
    assert (
        comment == f"<!-- simgen rows: {hashlib.sha256(chr(10).join(sorted(ids)).encode()).hexdigest()} -->"
    )
    assert heading == "## Guessing without the frames"
    assert "| nearest | 120 | 25.0 |" in card
    for name in ("nearest", "all"):
        in_card = next(line for line in card.splitlines() if line.startswith(f"| {name} |"))
        in_terminal = next(line for line in out.splitlines() if line.startswith(name))
        assert in_terminal.split() == [cell.strip() for cell in in_card.split("|") if cell.strip()]


def test_the_table_is_aligned(guessable: DataFolder) -> None:
    _, out, _ = run(guessable)
    head, nearest, every, *_ = out.splitlines()
    for name in ("questions", "chance", "forest", "error"):
        end = head.index(name) + len(name)
        assert nearest[end - 1] != " ", name
        assert nearest[end] == " ", name
    assert every.split()[:3] == ["all", "120", "25.0"]


def test_few_questions_give_no_warning(guessable: DataFolder) -> None:
    dataset = guessable.dataset("set")
    # scikit-learn warns when a share of the training rows is fewer than ten; here it is half of 16 options.
    write_rows(dataset.questions_path, _rows(1)[::20])
    code, out, err = run(guessable)
    assert (code, "Warning" in err) == (0, False)
    assert out.splitlines()[1].endswith("rough")


def test_guessers_learn_from_another_data_set(guessable: DataFolder, tmp_path: Path) -> None:
    other = guessable.dataset("other")
    (other.path / "clips").mkdir(parents=True)
    (other.path / "clips" / "other-house0-00.h5").touch()
    rows = [replace(r, dataset="other", clip=r.clip.replace("set", "other")) for r in _rows(1)]
    write_rows(other.questions_path, [replace(r, answer="A") for r in rows])
    code, out, _ = run(guessable, "--json", "--learn-from", "other")
    report = json.loads(out)
    assert report["learn_from"] == "other"
    found = report["templates"]["nearest"]
    # There A is always right; in the data set that is asked about it seldom is.
    right = sum(row.answer == "A" for row in _rows(1)) / 120
    assert found["rows"] == 120
    assert found["guessers"]["majority"] == pytest.approx(right)
    assert code == 0
    run(guessable, "--learn-from", "set", "--dataset", "other", "--card", str(tmp_path / "c.md"))
    assert "trained on the data set set, of other houses: the most" in (tmp_path / "c.md").read_text("utf-8")
    code, _, err = run(guessable, "--dataset", "set", "--learn-from", "set")
    assert code == 2
    assert err.startswith("simgen: set: no other data set has questions to audit")
    assert run(guessable, "--learn-from", "nowhere")[0] == 2


def test_geometry_goes_alone(guessable: DataFolder) -> None:
    code, _, err = run(guessable, "--geometry", "--prune")
    assert code == 2
    assert err.startswith("simgen: --geometry cannot be combined with --prune, --card or --learn-from")
    code, _, err = run(guessable, "--templates", "nearest")
    assert code == 2
    assert err.startswith("simgen: --templates is only used with --geometry")


def test_aligned_boxes_hold_the_turned_ones(tmp_path: Path) -> None:
    clip = read_clip(write_synthetic_clip(tmp_path / "k-0-0.h5"))
    simpler = {item.id: item for item in align_boxes(clip).objects}
    # The garbage can, 0.4 m square and turned by 30 degrees, grows to 0.4 (cos 30 + sin 30) = 0.546 m.
    side = 0.4 * (math.cos(math.radians(30)) + math.sin(math.radians(30)))
    assert 2.0 * simpler["1|4"].box.half_extents == pytest.approx([side, 0.6, side])
    assert np.ptp(simpler["1|4"].footprint, axis=0) == pytest.approx([side, side])
    # What is not turned stays as it was.
    sofa = next(item for item in clip.objects if item.id == "1|5")
    assert simpler["1|5"].box.half_extents == pytest.approx(sofa.box.half_extents)
    assert box_gap(simpler["1|5"].box, sofa.box) == 0.0


def test_only_questions_about_turned_things_change(tmp_path: Path) -> None:
    clip = read_clip(write_synthetic_clip(tmp_path / "k-0-0.h5"))
    templates = load_templates(["absolute_distance"])
    settings = QuestionSettings(frames=(4,), rows_per_template=30)
    (views,) = make_question_views(clip, settings)
    pool = make_pool(views, "k", templates[0], settings, seed=0)
    rows = [row for solved in pool.questions for row in make_rows(views, "k", templates[0], solved, settings)]
    found = list(answer_with_aligned_boxes(clip, rows, templates))
    turned = ['"1|4"' in row.args for row in rows]
    assert any(turned)
    assert not all(turned)
    for row, answer, is_turned in zip(rows, found, turned, strict=True):
        assert answer.answer is not None
        # A larger box is nearer to everything, by up to what it grew.
        change = float(row.answer) - float(answer.answer)
        assert (0.0 <= change <= 0.2) if is_turned else (change == 0.0 and not answer.differs)
        assert answer.differs == (answer.score < 1.0)


def _rows(frames: int) -> list[Row]:
    """120 questions; five of six are biased."""
    made = [choices(120, unbiased), *[choices(120, biased)] * 5]
    rows = []
    for number in range(120):
        asked = made[number % 6][number]
        name = f"q{number:03d}"
        rows.append(
            replace(
                BLANK,
                id=f"{name}-{frames:02d}",
                question_id=name,
                clip=f"set-{asked.house}-00",
                args=json.dumps({"n": number}),
                frames=tuple(range(frames)),
                question=asked.text,
                options=asked.options,
                answer="ABCD"[asked.order[0]],
            )
        )
    return rows
