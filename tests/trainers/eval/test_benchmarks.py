"""Published benchmarks: small files of their form, their prompts, and their metrics by hand."""

import json
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from simgen.errors import InputError, MissingDataError, SimgenError
from simgen.trainers.eval.benchmarks import BenchmarkOptions, evaluate_benchmark, format_benchmark
from simgen.trainers.eval.prompts import Prompt
from simgen.trainers.eval.qvs_bench import read_qvs_bench, score_qvs_bench
from simgen.trainers.eval.records import read_records
from simgen.trainers.eval.videos import load_video_frames, spread_indices
from simgen.trainers.eval.vsi_bench import read_vsi_bench, score_vsi_bench

FILES = Path(__file__).parent / "benchmarks"
VSI, QVS = FILES / "test.jsonl", FILES / "qvs.json"


def write_video(path: Path, greys: Sequence[int]) -> Path:
    """A video of frames of one grey each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for grey in greys:
            pixels = np.full((48, 64, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_pictures(folder: Path, greys: Sequence[int]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index, grey in enumerate(greys):
        Image.new("RGB", (64, 48), (grey,) * 3).save(folder / f"{index:03d}.jpg")
    return folder


def greys(images: Sequence[Image.Image]) -> list[int]:
    """The grey of each picture, rounded to tens: pictures lose a little when they are encoded."""
    return [10 * round(float(np.asarray(image).mean()) / 10) for image in images]


# ---- videos


def test_frames_are_spread_over_the_video(tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mp4", range(0, 250, 10))  # 25 frames
    assert greys(load_video_frames(video, 4, 448)) == [0, 80, 160, 240]
    assert greys(load_video_frames(video, 1, 448)) == [0]
    assert len(load_video_frames(video, 99, 448)) == 25


def test_a_folder_of_frames_gives_the_same(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "v", range(0, 250, 10))
    assert greys(load_video_frames(folder, 4, 448)) == [0, 80, 160, 240]


@pytest.mark.parametrize(
    ("total", "count", "expected"), [(5, 3, [0, 2, 4]), (3, 5, [0, 1, 2]), (10, 4, [0, 3, 6, 9]), (1, 1, [0])]
)
def test_indices(total: int, count: int, expected: list[int]) -> None:
    assert spread_indices(total, count) == expected


def test_frames_are_only_scaled_down(tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mp4", [0, 10])
    assert load_video_frames(video, 1, 32)[0].size == (32, 24)
    assert load_video_frames(video, 1, 448)[0].size == (64, 48)


def test_videos_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    broken: dict[str, tuple[type[SimgenError], str]] = {
        "none.mp4": (MissingDataError, "unpack the benchmark's videos"),
        "text.mp4": (InputError, "not a readable video"),
        "empty": (MissingDataError, "no pictures here"),
    }
    for name, (error, message) in broken.items():
        with pytest.raises(error, match=message) as failed:
            load_video_frames(tmp_path / name, 2, 448)
        assert "\n" not in str(failed.value)


# ---- VSI-Bench


def test_prompts_are_the_benchmarks_own() -> None:
    counting, _, easy, *_ = read_vsi_bench(VSI, None, "all")
    assert counting.prompt == (
        "These are frames of a video.\nHow many chair(s) are in this room?\n"
        "Please answer the question using a single word or phrase."
    )
    assert easy.prompt == (
        "These are frames of a video.\nIf I am standing by the stove and facing the sofa, is the table to "
        "the left or the right of the sofa?\nOptions:\nA. left\nB. right\n"
        "Answer with the option's letter from the given choices directly."
    )


def test_videos_are_found_by_data_set_and_scene(tmp_path: Path) -> None:
    first, *_, last = read_vsi_bench(VSI, tmp_path, "all")
    assert first.video == tmp_path / "arkitscenes" / "41000001.mp4"
    frames = write_pictures(tmp_path / "scannet" / "scene0000_00", [0])
    assert read_vsi_bench(VSI, tmp_path, "all")[-1].video == frames
    assert last.scene == "scannet/scene0000_00"


def test_the_debiased_questions_by_column_and_by_list(tmp_path: Path) -> None:
    kept = ["0", "2", "3", "5"]
    assert [q.id for q in read_vsi_bench(VSI, None, "debiased")] == kept
    records = [{k: v for k, v in r.items() if k != "pruned"} for r in read_records(VSI, ())]
    plain = tmp_path / "test.jsonl"
    plain.write_text("".join(json.dumps(record) + "\n" for record in records))
    with pytest.raises(MissingDataError, match=r"pruned_ids\.txt.*download it"):
        read_vsi_bench(plain, None, "debiased")
    (tmp_path / "pruned_ids.txt").write_text("1\n4\n")
    assert [q.id for q in read_vsi_bench(plain, None, "debiased")] == kept


def test_parquet_is_read_as_json_lines_are(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(read_records(VSI, ())), tmp_path / "test_debiased.parquet")
    assert read_vsi_bench(tmp_path / "test_debiased.parquet", FILES, "all") == read_vsi_bench(
        VSI, None, "all"
    )


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("A", 1.0),
        ("a", 1.0),
        ("A.", 1.0),
        ("A. left", 1.0),
        ("B", 0.0),
        ("The answer is A", 0.0),  # only the first word counts
        ("(A)", 0.0),
        ("", 0.0),
        ("<map>[]</map><think>B?</think><answer>A</answer>", 1.0),
    ],
)
def test_a_letter_is_matched_as_the_benchmark_does(text: str, score: float) -> None:
    assert score_vsi_bench(read_vsi_bench(VSI, None, "all")[2], text) == score


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("3.0", 1.0),
        ("3", 1.0),
        ("3.3", 0.9),  # off by a tenth
        ("2.0 meters", 0.4),  # off by a third: 0.50, 0.55, 0.60 and 0.65
        ("4.5", 0.1),  # off by exactly a half
        ("5", 0.0),
        ("about 3", 0.0),  # the first word is no number
        ("3m", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("<answer>3.0</answer>", 1.0),
    ],
)
def test_a_number_gets_the_benchmarks_mra(text: str, score: float) -> None:
    assert score_vsi_bench(read_vsi_bench(VSI, None, "all")[1], text) == pytest.approx(score)


ANSWERS = {"0": "4", "1": "4.5", "2": "A", "3": "C", "4": "A", "5": "22"}
"""Scores: 1, 0.1, 1, 1, 0, and 0.9 for an error of 10 %."""


def by_id(prompts: Sequence[Prompt]) -> list[str]:
    return [ANSWERS[prompt.id] for prompt in prompts]


def test_the_score_is_the_mean_over_tasks() -> None:
    report = evaluate_benchmark("vsi-bench", VSI, by_id)
    assert (report.n, report.scenes, report.frames) == (6, 2, 32)
    assert report.types["object_rel_direction_hard"].score == 0.0
    # The three directions are one task: (1 + 1 + 0) / 3.
    assert report.tasks == pytest.approx(
        {
            "object_abs_distance": 0.1,
            "object_counting": 1.0,
            "object_rel_direction": 2 / 3,
            "room_size_estimation": 0.9,
        }
    )
    assert report.overall == pytest.approx((0.1 + 1.0 + 2 / 3 + 0.9) / 4)
    assert json.loads(json.dumps(report.as_dict()))["types"]["object_counting"]["measure"] == "mra"


def test_the_debiased_score_leaves_questions_out() -> None:
    report = evaluate_benchmark("vsi-bench-debiased", VSI, by_id)
    assert report.n == 4
    assert report.overall == pytest.approx((1.0 + 1.0 + 0.9) / 3)


def test_each_video_is_decoded_for_all_of_its_questions_at_once(tmp_path: Path) -> None:
    write_video(tmp_path / "arkitscenes" / "41000001.mp4", [0, 50, 100])
    write_pictures(tmp_path / "scannet" / "scene0000_00", [200, 150])
    shown: list[tuple[str, list[int]]] = []

    def look(prompts: Sequence[Prompt]) -> list[str]:
        shown.extend((prompt.id, greys(prompt.load_frames())) for prompt in prompts)
        return by_id(prompts)

    load_video_frames.cache_clear()
    evaluate_benchmark("vsi-bench", VSI, look, BenchmarkOptions(media=tmp_path, frames=2))
    assert dict(shown) == {i: [0, 100] for i in "012"} | {i: [200, 150] for i in "345"}
    assert load_video_frames.cache_info().misses == 2


def test_a_table_shows_types_tasks_and_intervals() -> None:
    table = format_benchmark(evaluate_benchmark("vsi-bench", VSI, by_id))
    assert "6 questions about 2 scenes, 32 frames of each video" in table
    assert table.splitlines()[-1].split() == ["mean", "of", "4", "tasks", "6", "0.667"]


def test_at_most_so_many_questions_are_asked() -> None:
    assert evaluate_benchmark("vsi-bench", VSI, by_id, BenchmarkOptions(rows=3)).n == 3


# ---- QVS-Bench


def test_the_types_of_qvs_bench_follow_from_the_wording() -> None:
    questions = read_qvs_bench(QVS, None)
    assert [(q.type, q.measure) for q in questions] == [
        ("min_distance", "mra"),
        ("object_count", "mra"),
        ("horizontal_direction", "accuracy"),
        ("vertical_direction", "accuracy"),
    ]
    assert questions[0].prompt.startswith("Measuring from")
    assert [path.relative_to(FILES).as_posix() for path in questions[1].pictures] == [
        "scene1/0.jpg",
        "scene1/1.jpg",
    ]


@pytest.mark.parametrize(
    ("index", "text", "score"),
    [
        (0, "<map>[]</map><think></think><answer>2.0</answer>", 1.0),
        (0, "2.15", 0.9),  # off by 7.5 %
        (0, "3.0", 0.1),
        (0, "3.01", 0.0),
        (0, "2 m", 0.0),  # not a number for the authors' code
        (2, "left-back", 1.0),
        (2, "Left", 0.0),
    ],
)
def test_the_metric_of_qvs_bench(index: int, text: str, score: float) -> None:
    assert score_qvs_bench(read_qvs_bench(QVS, None)[index], text) == pytest.approx(score)


def test_a_true_zero_has_an_absolute_error(tmp_path: Path) -> None:
    path = tmp_path / "zero.jsonl"
    path.write_text(json.dumps({"question": "How many?", "answer": 0, "image_path": "0.jpg"}) + "\n")
    (question,) = read_qvs_bench(path, None)
    assert score_qvs_bench(question, "0.26") == 0.5
    assert question.pictures == (tmp_path / "0.jpg",)


def test_qvs_bench_is_reported_by_number_of_pictures(tmp_path: Path) -> None:
    for scene in ("scene1", "scene2"):
        write_pictures(tmp_path / scene, [0, 50])
    replies = {"1": "2.0", "2": "2", "3": "Left-Back", "4": "Left-Back"}
    report = evaluate_benchmark(
        "qvs-bench", QVS, lambda prompts: [replies[p.id] for p in prompts], BenchmarkOptions(media=tmp_path)
    )
    # "2" for 3 chairs is off by a third: 0.4.
    assert report.by_pictures == pytest.approx({1: 1.0, 2: 0.2})
    assert report.frames is None
    assert "with 2 pictures" in format_benchmark(report)


# ---- files


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"id": 1}\n', "record 1 lacks dataset, scene_name"),
        ("a.jsonl", "nonsense\n", "not readable"),
        ("a.jsonl", "", "without questions"),
        ("a.json", "{}", "no list"),
        ("a.csv", "x", r"not a \.json, \.jsonl or \.parquet"),
        ("a.parquet", "x", "not readable"),
        ("none.jsonl", None, "there is no such file"),
    ],
)
def test_files_of_another_form_are_one_line(
    name: str, text: str | None, message: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as failed:
        read_vsi_bench(tmp_path / name, None, "all")
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"question_type": "new"}, "unknown type 'new'"), ({"options": []}, "no options")],
)
def test_a_question_of_another_form_is_named(change: dict[str, object], message: str, tmp_path: Path) -> None:
    record = read_records(VSI, ())[2] | change
    path = tmp_path / "test.jsonl"
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match=f"question 2 has .*{message.removeprefix('no ')}"):
        read_vsi_bench(path, None, "all")


def test_an_unknown_benchmark_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="vsi-bench, vsi-bench-debiased, qvs-bench"):
        evaluate_benchmark("vsi", VSI, by_id)
