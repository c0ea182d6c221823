"""Every frame of a clip asked as a clip of its own: the origin of its map, its rows, and their checks."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from simgen.geometry.frames import camera_pose
from simgen.qa.question.generate import make_question_views
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.verify import verify_rows
from simgen.qa.templates.loading import list_template_ids, load_templates
from simgen.qa.view.geometry import ClipGeometry
from simgen.store.clips import Clip
from simgen.store.rows import Row
from tests.qa.real_clips import real_clips
from tests.qa.scenes import asked_of, template

EACH = QuestionSettings(frames=(1,), rows_per_template=50, views="each")
SHORT = replace(EACH, wording="short")
REAL = [clip for clip in real_clips() if clip.id.endswith("-00")][:3]


def first_frames(clip: Clip, count: int) -> Clip:
    """The clip cut to its first frames."""
    seen = clip.visibility
    cut = replace(
        seen,
        pixels=seen.pixels[:count],
        unoccluded_pixels=seen.unoccluded_pixels[:count],
        box2d=seen.box2d[:count],
    )
    actions, poses = clip.actions[:count], clip.world_from_camera[:count]
    return replace(clip, world_from_camera=poses, actions=actions, visibility=cut)


@pytest.fixture
def turned(kitchen: Clip) -> Clip:
    """The kitchen from two cameras: one at (2, 0.45) looks along z, one at (4, 0.95) against x."""
    poses = [
        camera_pose(np.array([2.0, 1.5, 0.45]), 0.0, 0.0),
        camera_pose(np.array([4.0, 1.5, 0.95]), 270.0, 0.0),
    ]
    return replace(first_frames(kitchen, 2), world_from_camera=np.stack(poses))


def about(rows: list[Row], frame: int, *objects: str) -> Row:
    """The only row of a frame about these objects, in any order."""
    (row,) = (
        row
        for row in rows
        if row.frames == (frame,) and sorted(json.loads(row.args)["objects"]) == sorted(objects)
    )
    return row


def entry(row: Row, name: str) -> list[float]:
    return next(item["bbox"] for item in json.loads(row.map) if item["object_name"] == name)


class TestOrigin:
    """The fridge covers x 0.1 to 0.9 and z 4.25 to 4.95, the table x 1.7 to 3.3 and z 2.05 to 2.95.

    The second camera looks against x, so z runs to its right: a world point (x, z) is at (z - 0.95, 4 - x) on
    its map.
    """

    def test_a_box_is_in_the_coordinates_of_its_own_frame(self, turned: Clip) -> None:
        rows, _ = asked_of(turned, [template("camera_distance")], SHORT)
        first, second = about(rows, 0, "1|0"), about(rows, 1, "1|0")

        assert entry(first, "fridge") == [-1.9, 3.8, -1.1, 4.5]
        assert entry(second, "fridge") == [3.3, 3.1, 4.0, 3.9]
        assert entry(first, "camera") == entry(second, "camera") == [0.0, 0.0, 0.0, 0.0]

    def test_the_nearest_point_of_a_box_is_measured_from_there(self, turned: Clip) -> None:
        """It is (3.3, 3.1), at a distance of sqrt(10.89 + 9.61) = 4.53."""
        row = about(asked_of(turned, [template("camera_distance")], SHORT)[0], 1, "1|0")

        assert (row.question, row.prompt) == ("distance from camera to fridge",) * 2
        assert (row.think, row.answer, row.asked) == ("3.3, 3.1", "4.53", ("fridge", "camera"))

    def test_the_extents_of_a_gap_are_along_its_own_axes(self, turned: Clip) -> None:
        """0.8 along the world's x, 1.3 along its z, and the heights overlap: 1.53 in all."""
        rows, _ = asked_of(turned, [template("absolute_distance")], SHORT)

        first, second = about(rows, 0, "1|0", "1|1"), about(rows, 1, "1|0", "1|1")
        assert (first.think, first.answer) == ("0.8, 1.3, 0.0", "1.53")
        assert (second.think, second.answer) == ("1.3, 0.8, 0.0", "1.53")

    def test_its_camera_looks_straight_ahead(self, turned: Clip) -> None:
        """The fridge is in front of the first camera, and near a border between two sides of the second."""
        rows, _ = asked_of(turned, [template("camera_direction")], EACH)
        sides = [row.options[ord(row.answer) - ord("A")] for row in rows if '"objects": ["1|0"]' in row.args]
        headings = [item["heading"] for row in rows for item in json.loads(row.map) if "heading" in item]

        assert sides == ["in front"]
        assert set(headings) == {0}

    @pytest.mark.parametrize("clip", REAL, ids=lambda clip: clip.id)
    def test_what_maps_share_is_what_each_would_compute(self, clip: Clip) -> None:
        for frame in (3, clip.frame_count - 1):
            shared, own = ClipGeometry(clip).on_map_of(frame), ClipGeometry(clip, frame)
            assert shared.first is not None
            assert own.first is None
            for name in ("centers", "heights", "sizes", "shares", "cameras", "headings_deg", "passages"):
                assert np.allclose(getattr(shared, name), getattr(own, name), atol=1e-9, equal_nan=True), name
            assert np.allclose(shared.free_ahead, own.free_ahead)
            assert np.allclose(shared.camera_ways(frame), own.camera_ways(frame))
            pairs = [(a, b) for a in range(len(clip.objects)) for b in range(a)]
            assert np.allclose([shared.gap_offset(*p) for p in pairs], [own.gap_offset(*p) for p in pairs])
            ends = [[one.ends for one in geometry.plan.passages] for geometry in (shared, own)]
            assert np.allclose(ends[0], ends[1])
            assert shapely.equals_exact(shared.plan.walls, own.plan.walls, 1e-9)


class TestRows:
    def test_their_ids_are_unique_and_name_the_frame(self, kitchen: Clip) -> None:
        rows, rejections = asked_of(
            kitchen, [template("absolute_distance"), template("camera_distance")], EACH
        )

        assert len({row.id for row in rows}) == len(rows) > 40
        for row in rows:
            (frame,) = row.frames
            name = f"kitchen-f{frame:03d}"
            assert row.question_id.startswith(f"{name}-{row.template}-")
            assert row.id == f"{row.question_id}-01"
            assert (row.answerable, row.views) == ((1,), "each")
        assert {one.view for one in rejections} <= {f"kitchen-f{frame:03d}" for frame in range(6)}

    @pytest.mark.parametrize("clip", REAL, ids=lambda clip: clip.id)
    def test_frame_0_has_the_map_and_the_answers_of_the_clip_with_one_frame(self, clip: Clip) -> None:
        templates = load_templates(["distance", "size", "count", "relative_direction_easy"])
        whole, _ = asked_of(clip, templates, replace(EACH, views="clip"))
        own, _ = asked_of(first_frames(clip, 1), templates, EACH)

        known = {(row.template, row.args): row for row in own}
        both = [(row, known[key]) for row in whole if (key := (row.template, row.args)) in known]
        assert len(both) > 20
        for row, twin in both:
            assert row.frames == twin.frames == (0,)
            assert (row.map, row.answer, row.think, row.asked) == (
                twin.map,
                twin.answer,
                twin.think,
                twin.asked,
            )

    def test_templates_that_need_several_frames_ask_nothing(self) -> None:
        templates = load_templates(["egomotion", "appearance_order"])
        rows, _ = asked_of(first_frames(REAL[0], 5), templates, EACH)

        assert rows == []

    @pytest.mark.slow
    @pytest.mark.parametrize("clip", REAL, ids=lambda clip: clip.id)
    def test_all_templates_ask_and_verify(self, clip: Clip) -> None:
        few = first_frames(clip, 4)
        rows, _ = asked_of(few, load_templates(list_template_ids()), replace(EACH, rows_per_template=4))

        assert len(rows) > 50
        assert verify_rows(few, rows) == []

    def test_the_views_of_a_clip_are_its_frames(self, kitchen: Clip) -> None:
        views = [view for views in make_question_views(kitchen, EACH) for view in views.values()]

        assert [view.frames for view in views] == [(frame,) for frame in range(6)]
        assert [view.geometry.origin for view in views] == list(range(6))


class TestVerify:
    @pytest.fixture
    def row(self, turned: Clip) -> Row:
        return about(asked_of(turned, [template("camera_distance")], SHORT)[0], 1, "1|0")

    def test_a_row_passes(self, turned: Clip, row: Row) -> None:
        assert verify_rows(turned, [row]) == []

    @pytest.mark.parametrize(
        ("check", "changes"),
        [
            ("map", {"asked": ("fridge",)}),
            ("map", {"asked": ("sofa", "camera")}),
            ("map", {"asked": ()}),
            ("map", {"asked": ("camera", "fridge")}),
            ("map", {"asked": ("fridge", "camera", "sofa")}),
            ("frames", {"frames": (0, 1)}),
            ("frames", {"frames": (2,)}),
            ("frames", {"frames": ()}),
            ("frames", {"views": "clip"}),
            ("id", {"id": "kitchen-camera_distance-00000000-01"}),
            ("text", {"wording": "full"}),
            ("text", {"think": "3.3, 3.2"}),
            ("text", {"prompt": "distance from camera to sofa"}),
        ],
    )
    def test_a_tampered_row_is_caught(
        self, turned: Clip, row: Row, check: str, changes: dict[str, Any]
    ) -> None:
        failures = verify_rows(turned, [replace(row, **changes)])
        assert check in {failure.check for failure in failures}

    def test_entries_that_do_not_give_the_answer_are_told(self, turned: Clip, row: Row) -> None:
        (told, _) = verify_rows(turned, [replace(row, asked=("sofa", "camera"))])
        assert told.detail == "nothing from the entries of the map that are in asked, but '4.53' is stored"

    def test_a_map_of_another_origin_is_caught(self, turned: Clip, row: Row) -> None:
        first = about(asked_of(turned, [template("camera_distance")], SHORT)[0], 0, "1|0")
        failures = verify_rows(turned, [replace(row, map=first.map)])
        assert "map" in {failure.check for failure in failures}
