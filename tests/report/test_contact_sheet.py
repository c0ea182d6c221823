from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgen.errors import ClipError, InputError
from simgen.geometry.frames import map_frame
from simgen.report.colors import NOTHING, depth_colors, object_color, object_palette
from simgen.report.contact_sheet import (
    CELL_HEIGHT_PX,
    HEADING_PX,
    MARGIN_PX,
    TITLE_PX,
    contact_sheet,
    spread_frames,
)
from simgen.report.lettering import Labels, printable
from simgen.report.map_panel import map_panel, map_view
from simgen.store.clips import Clip, read_clip, read_images
from tests.synthetic import write_synthetic_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return read_clip(write_synthetic_clip(tmp_path_factory.mktemp("clips") / "kitchen.h5"))


class TestSheet:
    @pytest.mark.parametrize("frames", [1, 4])
    def test_it_is_a_page_with_a_white_margin(self, clip: Clip, frames: int) -> None:
        sheet = contact_sheet(clip.path, frames)
        pixels = np.asarray(sheet)

        assert (sheet.mode, sheet.width > sheet.height > 600) == ("RGB", True)
        assert (pixels[:30] == 255).all()
        assert (pixels[:, :30] == 255).all()
        assert (pixels[:, -30:] == 255).all()
        assert (pixels[-30:] == 255).all()

    def test_it_is_the_same_every_time(self, clip: Clip) -> None:
        assert contact_sheet(clip.path, 2).tobytes() == contact_sheet(clip.path, 2).tobytes()

    def test_more_frames_make_it_wider(self, clip: Clip) -> None:
        widths = [contact_sheet(clip.path, count).width for count in (1, 2, 4)]

        assert widths == sorted(widths)
        assert len(set(widths)) == 3

    def test_seven_frames_are_shown_in_bands_of_four_and_three(self, clip: Clip) -> None:
        four, seven = (
            contact_sheet(clip.path, at=range(4)),
            contact_sheet(clip.path, at=(0, 1, 2, 3, 4, 5, 0)),
        )

        assert seven.width == four.width
        # Three more rows of pictures, each with its heading.
        assert seven.height - four.height == 3 * (CELL_HEIGHT_PX + HEADING_PX)

    def test_chosen_frames_are_shown_in_their_order(self, clip: Clip) -> None:
        pixels = np.asarray(contact_sheet(clip.path, at=(3, 1)))
        (first,) = read_images(clip.path, "rgb", (3,))
        size = (CELL_HEIGHT_PX * 4 // 3, CELL_HEIGHT_PX)
        wanted = np.asarray(Image.fromarray(first).resize(size, Image.Resampling.BICUBIC))
        left, top = MARGIN_PX + 20, TITLE_PX + HEADING_PX + 20

        assert (pixels[top : top + 100, left : left + 100] == wanted[20:120, 20:120]).all()

    def test_a_frame_that_the_clip_does_not_have_is_a_mistake(self, clip: Clip) -> None:
        with pytest.raises(InputError, match="no frame 6 here; its frames are 0 to 5"):
            contact_sheet(clip.path, at=(2, 6))

    def test_a_clip_of_one_frame_will_do(self, tmp_path: Path) -> None:
        assert contact_sheet(write_synthetic_clip(tmp_path / "one.h5", frame_count=1)).width > 600

    def test_no_frames_is_a_mistake(self, clip: Clip) -> None:
        with pytest.raises(InputError, match="ask for 1 or more"):
            contact_sheet(clip.path, 0)

    def test_no_clip(self, tmp_path: Path) -> None:
        with pytest.raises(ClipError, match="no such clip"):
            contact_sheet(tmp_path / "none.h5")

    def test_it_holds_every_objects_colour(self, clip: Clip) -> None:
        # The synthetic clip's instance pictures show all objects.
        found = {color for _, color in contact_sheet(clip.path).getcolors(1 << 24) or ()}

        assert {object_color(index) for index in range(len(clip.objects))} <= found


@pytest.mark.parametrize(
    ("frames", "wanted", "shown"),
    [(24, 4, (0, 8, 15, 23)), (6, 1, (0,)), (3, 9, (0, 1, 2)), (1, 4, (0,)), (2, 2, (0, 1))],
)
def test_frames_are_spread_evenly(frames: int, wanted: int, shown: tuple[int, ...]) -> None:
    assert spread_frames(frames, wanted) == shown


class TestColors:
    def test_depth_darkens_evenly(self) -> None:
        colors = depth_colors(np.linspace(1.0, 5.0, 50), 1.0, 5.0).astype(float)
        luma = colors @ [0.299, 0.587, 0.114]

        assert (np.diff(luma) < 0).all()

    def test_beyond_the_ends_the_colour_stays(self) -> None:
        near, first, last, far = depth_colors(np.array([0.1, 1.0, 5.0, 60.0]), 1.0, 5.0).tolist()

        assert (near, far) == (first, last)

    def test_no_hit_is_grey(self) -> None:
        assert depth_colors(np.zeros((2, 2)), 1.0, 5.0).tolist() == [[list(NOTHING)] * 2] * 2

    def test_objects_differ(self) -> None:
        palette = object_palette(60).astype(int)
        apart = np.abs(palette[:, None] - palette[None]).sum(axis=2)

        assert (apart[~np.eye(61, dtype=bool)] > 15).all()
        assert tuple(palette[0]) == NOTHING
        assert tuple(palette[8]) == object_color(7)


class TestMap:
    def test_the_first_camera_is_at_the_origin_and_looks_up(self, clip: Clip) -> None:
        view = map_view(clip, (600, 500))
        origin, ahead, right = view.from_map(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
        (camera,) = view.pixels(clip.world_from_camera[0][None, [0, 2], 3])

        np.testing.assert_allclose(camera, origin)
        np.testing.assert_allclose(ahead - origin, [0, -view.px_per_m])
        np.testing.assert_allclose(right - origin, [view.px_per_m, 0])

    def test_everything_is_within_the_plot(self, clip: Clip) -> None:
        view = map_view(clip, (600, 500))
        for points in [room.polygon for room in clip.rooms] + [item.footprint for item in clip.objects]:
            pixels = view.pixels(points)
            assert (pixels >= view.plot[:2]).all()
            assert (pixels <= view.plot[2:]).all()

    def test_a_footprint_has_its_objects_colour(self, clip: Clip) -> None:
        # The fridge's centre is free of letters on a map this small; its colour is mixed with white.
        size = (300, 300)
        panel = map_panel(clip, (0,), size)
        fridge = clip.objects[0]
        corner = fridge.footprint + 0.15 * (fridge.box.center[[0, 2]] - fridge.footprint)
        x, y = map_view(clip, size).pixels(corner)[0].round().astype(int)

        hue = np.array(panel.getpixel((int(x), int(y)))) - 255.0
        expected = np.array(object_color(0)) - 255.0
        assert hue @ expected / np.linalg.norm(hue) / np.linalg.norm(expected) > 0.99

    def test_the_frame_is_the_first_cameras(self, clip: Clip) -> None:
        assert map_view(clip, (300, 300)).frame.yaw_deg == map_frame(clip.world_from_camera[0]).yaw_deg


class TestLettering:
    def test_units_are_written_with_the_fonts_characters(self) -> None:
        assert printable("0.53 m² of 2 m³") == "0.53 m^2 of 2 m^3"

    def test_labels_do_not_cover_one_another(self) -> None:
        labels = Labels(Image.new("RGB", (200, 100), "white"), (0, 0, 200, 100))

        assert labels.place("fridge", [(100, 50)], 20)
        assert not labels.place("sofa", [(110, 55)], 20)
        assert labels.place("sofa", [(110, 55), (100, 85)], 20)
        assert not labels.place("outside", [(5, 5)], 20)
