"""The same views drawn by the rasteriser and by the path tracer, side by side."""

from pathlib import Path

from PIL import Image

from simgen.errors import HouseError
from simgen.qa.view.names import spoken_name
from simgen.report.gallery import RECIPE, room_pictures
from simgen.report.png import save_png
from simgen.scenes.houses.obtain import obtain_dataset_houses
from simgen.store.folder import DataFolder

HALF = (640, 480)


def quality_pairs(folder: DataFolder, to: Path) -> list[Path]:
    """Draws each room of the gallery's house in the qualities standard and photo; returns the files' paths.

    Raises HouseError when procthor cannot sample the house, and MissingSystemError without the [photo] extra.
    """
    houses, failed = obtain_dataset_houses(RECIPE, folder.dataset(RECIPE.name), workers=1)
    if not houses:
        raise HouseError(failed[0])
    to.mkdir(parents=True, exist_ok=True)
    pairs = zip(
        room_pictures(houses[0], "standard", HALF), room_pictures(houses[0], "photo", HALF), strict=True
    )
    paths: list[Path] = []
    for (room_type, standard), (_, photo) in pairs:
        page = Image.new("RGB", (2 * HALF[0], HALF[1]))
        page.paste(standard, (0, 0))
        page.paste(photo, (HALF[0], 0))
        paths.append(to / f"quality_{spoken_name(room_type).replace(' ', '_')}.png")
        save_png(page, paths[-1])
    return paths
