"""The card's words on the clip files: what a release has of the clips, and what can be done with them."""

from simgen.release.contents import ClipFiles

RECOMPUTED: dict[ClipFiles, str] = {
    "full": "and can be recomputed from the clip, which is included",
    "geometry": "and can be recomputed from the clip, which is included without its pictures",
    "none": "which is not included",
}
"""Ends the sentence that says what answers are computed from."""
FILES: dict[ClipFiles, str] = {
    "full": (
        "The files in `clips/` hold the lossless frames, with depth, instance ids, camera poses and the "
        "boundaries of all objects. Any HDF5 library reads them, and so does `simgen.load_clip`. "
        "`simgen pull` makes a data folder of this release, for `simgen verify`, `train` and `publish`."
    ),
    "geometry": (
        "The files in `clips/` hold camera poses, the visibility and the boundaries of all objects, but no "
        "frames, depth and instance ids. `simgen pull` makes a data folder of this release, in which "
        "every answer can be recomputed and other questions can be asked. Only the frames in `qa/` can be "
        "shown: `simgen train`, `view` and `publish` need whole clips."
    ),
    "none": (
        "The clips are not included: no answer can be recomputed from this release, no other question can be "
        "asked, and there are no frames but those in `qa/`."
    ),
}
"""What is in `clips/`, and what can be done with it."""
