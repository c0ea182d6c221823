"""Pictures on disk."""

from pathlib import Path

from PIL import Image

from simgen.errors import InputError
from simgen.store.files import write_atomically


def png_path(path: Path) -> Path:
    """The path itself. Raises InputError when its name is not a PNG's."""
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: only PNG is written; give a name that ends in .png")
    return path


def save_png(picture: Image.Image, path: Path) -> None:
    """Writes a whole PNG; until it is whole nothing has its name."""
    with write_atomically(path) as part:
        picture.save(part, "PNG", optimize=True)
