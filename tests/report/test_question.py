"""The picture of a question: its frames, its map with what it names in colour, and its text."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgen.cli import main
from simgen.qa.question.compose import make_row_view, parse_args
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.view.geometry import ClipGeometry
from simgen.report.colors import ACCENT, MUTED, PAPER
from simgen.report.map_panel import map_view
from simgen.report.measurement import measure
from simgen.report.question import (
    FRAMES_WIDTH_PX,
    GAP_PX,
    HEADING_PX,
    MAP_HEIGHT_PX,
    MARGIN_PX,
    MEASURED,
    question_sheet,
)
from simgen.store.clips import Clip, read_clip, read_images
from simgen.store.folder import DataFolder
from simgen.store.rows import Row, write_rows
from tests.qa.scenes import asked_of, template
from tests.synthetic import write_synthetic_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return read_clip(write_synthetic_clip(tmp_path_factory.mktemp("clips") / "kitchen.h5"))


@pytest.fixture(scope="module")
def row(clip: Clip) -> Row:
    rows, _ = asked_of(clip, [template("absolute_distance")], QuestionSettings(frames=(1,)))
    return rows[0]


def test_the_frame_is_shown_as_it_is(clip: Clip, row: Row) -> None:
    sheet = question_sheet(clip.path, row)
    height = FRAMES_WIDTH_PX * clip.size_px[1] // clip.size_px[0]
    (pixels,) = read_images(clip.path, "rgb", row.frames)
    frame = np.asarray(Image.fromarray(pixels).resize((FRAMES_WIDTH_PX, height), Image.Resampling.LANCZOS))
    top = MARGIN_PX + HEADING_PX
    shown = np.asarray(sheet)[top : top + height, MARGIN_PX : MARGIN_PX + FRAMES_WIDTH_PX]
    # All but the corner with the frame's number.
    assert (shown[80:] == frame[80:]).all()


def test_what_the_question_names_is_in_colour(clip: Clip, row: Row) -> None:
    types = {item.id: item.type.lower() for item in clip.objects}
    named = {types[name] for name in json.loads(row.args)["objects"]}
    boxes = {entry["object_name"].rstrip("0123456789"): entry["bbox"] for entry in json.loads(row.map)}
    assert len(named) == 2
    assert set(boxes) > named

    pixels = np.asarray(question_sheet(clip.path, row)).astype(int)
    on_map = pixels[MARGIN_PX + HEADING_PX :, MARGIN_PX + FRAMES_WIDTH_PX + 2 * GAP_PX :]
    areas_m2 = [(x1 - x0) * (y1 - y0) for name, (x0, y0, x1, y1) in boxes.items() if name in named]
    # The kitchen is 5 m wide and 5 m deep; the map shows it with a border of 0.35 m, 760 px high in all.
    px_per_m = (760 - 40 - 1) / 5.7
    for color, expected in ((ACCENT, sum(areas_m2) * px_per_m**2), (MUTED, None)):
        filled = np.array(color) * 0.4 + np.array(PAPER) * 0.6
        count = (np.abs(on_map - filled).max(axis=-1) <= 2).sum()
        # Names and outlines cover some of each box.
        assert count > 1000 if expected is None else 0.3 * expected < count < 1.1 * expected


def test_the_measured_line_is_drawn(clip: Clip, row: Row) -> None:
    view = make_row_view(ClipGeometry(clip), row)
    shapes = measure(view, row.skill, parse_args(row.args)[0])
    assert isinstance(shapes, tuple)
    ((start, end),) = [np.array(shape.points) for shape in shapes]
    sheet = question_sheet(clip.path, row)
    left, top = MARGIN_PX + FRAMES_WIDTH_PX + 2 * GAP_PX, MARGIN_PX + HEADING_PX
    panel = map_view(clip, (sheet.width - left - MARGIN_PX, MAP_HEIGHT_PX), view.geometry.frame)
    along = np.linspace(0.05, 0.95, 40)[:, None]
    columns, rows = panel.from_map(start + along * (end - start)).T.round().astype(int)
    pixels = np.asarray(sheet).astype(int)[top + rows, left + columns]
    # Names and the label cover some of it.
    assert (np.abs(pixels - MEASURED).max(axis=1) < 60).mean() > 0.5


def test_the_command_draws_the_question_that_is_named(
    clip: Clip, row: Row, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = DataFolder(tmp_path / "data").dataset("kitchens")
    dataset.clip_path(row.clip).parent.mkdir(parents=True)
    dataset.clip_path(row.clip).write_bytes(clip.path.read_bytes())
    write_rows(dataset.questions_path, [row])
    arguments = ["--data", str(tmp_path / "data"), "view", "--out", "question.png", "--question"]

    main([*arguments, row.id], standalone_mode=False)
    assert capsys.readouterr().out == "question.png\n"
    with Image.open("question.png") as picture:
        assert picture.size == question_sheet(clip.path, row).size

    main([*arguments, row.question_id], standalone_mode=False)
    assert capsys.readouterr().out == "question.png\n"

    with pytest.raises(SystemExit) as stopped:
        main([*arguments, row.id[:-1]])
    assert stopped.value.code == 2
    assert f"did you mean '{row.id}'?" in capsys.readouterr().err
