"""Pictures on disk."""

from pathlib import Path

from PIL import Image

from simgen.store.files import whole_file


def save_png(picture: Image.Image, path: Path) -> None:
    """Writes a whole PNG; until it is whole nothing has its name."""
    with whole_file(path) as part:
        picture.save(part, "PNG", optimize=True)
