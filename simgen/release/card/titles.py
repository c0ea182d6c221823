"""Title, summary, authors and citation of a release, for README.md, CITATION.cff and croissant.json."""

from collections.abc import Sequence

from simgen.errors import InputError
from simgen.release.card.clips import RECOMPUTED
from simgen.release.contents import Contents

NO_AUTHOR = "The publishers of this data set"
"""An entity in place of the authors, who are not known unless the publisher gives them."""
_NOT_IN_NAMES = frozenset("{}<>`\\")
_SIGNS = " ".join(sorted(_NOT_IN_NAMES))
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


def check_authors(authors: Sequence[str]) -> tuple[str, ...]:
    """The authors' names without surrounding spaces.

    Raises InputError for one that is empty or has signs with a meaning in BibTeX or Markdown.
    """
    names = tuple(author.strip() for author in authors)
    for name in names:
        if not name or not name.isprintable() or set(name) & _NOT_IN_NAMES:
            raise InputError(
                f"--author {name!r}: not a name; it may not be empty or have any of {_SIGNS} in it"
            )
    return names


def list_authors(authors: Sequence[str]) -> list[str]:
    """The authors, or an entity that stands for them."""
    return list(authors) or [NO_AUTHOR]


def cite(contents: Contents, authors: Sequence[str]) -> str:
    """The release as an entry of BibTeX. It has no year: a release does not say when it was published."""
    names = " and ".join(f"{{{author}}}" for author in list_authors(authors))
    key = "simgen_" + "_".join(dataset.name for dataset in contents.datasets)
    return f"@misc{{{key},\n  title = {{{{{title(contents)}}}}},\n  author = {{{names}}}\n}}"
