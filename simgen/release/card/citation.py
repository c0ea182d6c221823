"""CITATION.cff of a release: a data set in the Citation File Format, version 1.2.0."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from simgen.release.card.titles import TAGS, list_authors, summarize, title
from simgen.release.contents import Contents
from simgen.release.licenses import spdx_identifier
from simgen.store.files import write_text

CITATION = "CITATION.cff"
REFERENCES: tuple[dict[str, Any], ...] = (
    {
        "type": "article",
        "title": "ProcTHOR: Large-Scale Embodied AI Using Procedural Generation",
        "authors": [{"name": "Deitke et al."}],
        "year": 2022,
        "url": "https://arxiv.org/abs/2206.06994",
    },
    {
        "type": "article",
        "title": "AI2-THOR: An Interactive 3D Environment for Visual AI",
        "authors": [{"name": "Kolve et al."}],
        "year": 2017,
        "url": "https://arxiv.org/abs/1712.05474",
    },
)
"""What the houses and the conventions come from."""


def write_citation(
    folder: Path, contents: Contents, licenses: Sequence[str], authors: Sequence[str] = ()
) -> None:
    """Writes CITATION.cff into a release folder.

    It names the first licence alone, if SPDX knows it: several would mean that a user may choose one.
    """
    license = spdx_identifier(licenses[0])
    facts = {
        "cff-version": "1.2.0",
        "message": "If you use this data set, please cite it with these data.",
        "title": title(contents),
        "type": "dataset",
        "abstract": summarize(contents),
        "authors": [{"name": author} for author in list_authors(authors)],
        "keywords": list(TAGS),
        **({"license": license} if license else {}),
        "references": list(REFERENCES),
    }
    write_text(folder / CITATION, yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=100))
