"""The questions that models are evaluated on, and their names in other programs."""

import re
from typing import get_args

from simgen.release.contents import Contents
from simgen.types import Split


def list_held_out(contents: Contents) -> tuple[Split, ...]:
    """The splits that models are evaluated on: those of `val` and `test` that have questions."""
    return tuple(split for split in contents.splits if split in get_args(Split)[1:])


def name_task(contents: Contents, split: Split) -> str:
    """The name of a split's questions in other programs, such as `simgen_kitchens_test`.

    Only letters, digits and underscores are left: the programs give a meaning to some of the others.
    """
    words = ["simgen", *(dataset.name for dataset in contents.datasets), split]
    return re.sub(r"[^A-Za-z0-9]+", "_", "_".join(words))
