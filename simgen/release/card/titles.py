"""Title, summary, authors and citation of a release, for README.md, CITATION.cff and croissant.json."""

from collections.abc import Sequence

from simgen.release.card.clips import RECOMPUTED
from simgen.release.contents import Contents

NO_AUTHOR = "The publishers of this data set"
"""An entity in place of the authors, who are not known unless the publisher gives them."""
TAGS = ("simgen", "spatial-reasoning", "synthetic", "ai2-thor", "procthor", "depth")


def title(contents: Contents) -> str:
    """The title: simgen, and the names of the data sets."""
    return "simgen: " + ", ".join(dataset.name for dataset in contents.datasets)


def summarize(contents: Contents) -> str:
    """What the release is, in two sentences."""
    facts = contents.as_dict()
    return (
        f"{facts['questions']:,} spatial questions about {facts['clips']:,} walks "
        f"({facts['frames']:,} frames) through simulated houses. Every answer is computed from the geometry "
        f"of the house, {RECOMPUTED[contents.clip_files]}."
    )


def list_authors(authors: Sequence[str]) -> list[str]:
    """The authors, or an entity that stands for them."""
    return list(authors) or [NO_AUTHOR]


def cite(contents: Contents, authors: Sequence[str]) -> str:
    """The release as an entry of BibTeX. It has no year: a release does not say when it was published."""
    names = " and ".join(f"{{{author}}}" for author in list_authors(authors))
    key = "simgen_" + "_".join(dataset.name for dataset in contents.datasets)
    return f"@misc{{{key},\n  title = {{{{{title(contents)}}}}},\n  author = {{{names}}}\n}}"
