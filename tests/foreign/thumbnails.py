"""Small copies of pictures: they tell the frames of a clip from each other, through JPEG and resizing."""

from PIL import Image

WIDTH, HEIGHT = 8, 6


def make_thumbnail(picture: Image.Image) -> list[int]:
    """The colours of a picture reduced to 8 x 6 pixels, as one list of 144 values from 0 to 255."""
    small = picture.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    return list(small.tobytes())
