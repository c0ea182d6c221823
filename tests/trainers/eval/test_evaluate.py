"""The report of an evaluation from rows, texts and clips."""

from pathlib import Path

from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.trainers.eval.blind_twin import show_other_houses
from simgen.trainers.eval.evaluate import find_houses, score_rows
from tests.qa.scenes import asked_of, template
from tests.synthetic import write_synthetic_clip


def test_targets_score_one_and_another_houses_score_less(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    paths = [folder.dataset("kitchens").clip_path(f"kitchens-{house}-00") for house in range(3)]
    clips = [read_clip(write_synthetic_clip(path, seed=house)) for house, path in enumerate(paths)]
    train, *held_out = [asked_of(clip, [template("absolute_distance")])[0] for clip in clips]
    rows = [row for found in held_out for row in found]
    houses = find_houses(rows, folder)
    assert len(set(houses)) == 2
    assert [twin and twin.clip for twin in show_other_houses(rows, houses)] == [
        {"kitchens-1-00": "kitchens-2-00", "kitchens-2-00": "kitchens-1-00"}[row.clip] for row in rows
    ]
    texts = [row.target for row in rows]
    report = score_rows(rows, texts, folder, blind_texts=[*texts[1:], texts[0]], train_rows=train)
    found = report.templates["absolute_distance"]
    # The three kitchens are furnished alike, so that words give each answer away only as far as names do.
    assert (found.n, found.houses) == (len(rows), 2)
    for name in ("score", "format", "map_recall", "map_iou"):
        assert found.value(name) == 1.0, name
    assert found.value("center_error_m") == 0.0
    for name in ("blind", "words", "constant"):
        value = found.value(name)
        assert value is not None
        assert value < 1.0, name
    own = found.value("own_map")
    assert own is not None
    assert own >= 0.8
