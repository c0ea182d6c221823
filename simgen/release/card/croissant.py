"""croissant.json: the release described for programs in Croissant 1.0, with its extension for responsible AI.

The format: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. It has neither `url` nor
`datePublished`: a release does not know where and when it is published.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simgen.release.card.about import BALANCE_LIMIT, FILTER_LIMIT, HOUSE_LIMIT, LIMIT_TEXTS
from simgen.release.card.titles import TAGS, cite, list_authors, summarize, title
from simgen.release.contents import Contents
from simgen.release.formats.image_folder import METADATA, RELEASE_COLUMNS
from simgen.release.formats.sample import split_folder
from simgen.release.licenses import spdx_identifier
from simgen.store.files import write_text
from simgen.store.rows import row_fields
from simgen.types import Split

CROISSANT = "croissant.json"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The terms that the format's specification gives."""
FILE_SETS = (
    ("frames", "qa/*/frames/**/*.jpg", "image/jpeg", "the frames that questions show, each once"),
    (
        "clips",
        "clips/**/*.h5",
        "application/x-hdf5",
        "camera poses and the boundaries of all objects, in full clips also all frames",
    ),
    ("videos", "videos/*.mp4", "video/mp4", "all frames of each clip"),
    ("recipes", "recipe/*.json", "application/json", "what the clips were made from"),
)
"""Id, pattern, media type and description of the files that are not tables."""


def write_croissant(
    folder: Path, contents: Contents, licenses: Sequence[str], authors: Sequence[str] = ()
) -> None:
    """Writes croissant.json into a release folder that has its questions and files already."""
    facts = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": "_".join(["simgen", *(dataset.name for dataset in contents.datasets)]),
        "alternateName": title(contents),
        "description": summarize(contents),
        "license": [_license_url(name) for name in licenses],
        "citeAs": cite(contents, authors),
        "creator": [{"@type": "sc:Organization", "name": name} for name in list_authors(authors)],
        "keywords": list(TAGS),
        "inLanguage": "en",
        "isLiveDataset": False,
        **_describe_origin(contents),
        "distribution": [*(_table_file(folder, split) for split in contents.splits), *_file_sets(folder)],
        "recordSet": [_record_set(folder, split) for split in contents.splits],
    }
    write_text(folder / CROISSANT, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def _license_url(name: str) -> str:
    spdx = spdx_identifier(name)
    return f"https://spdx.org/licenses/{spdx}" if spdx else f"{name}: see README.md"


def _describe_origin(contents: Contents) -> dict[str, Any]:
    """The properties of the extension for responsible AI."""
    facts = contents.as_dict()
    return {
        "rai:dataCollection": (
            f"Clips are rendered in simulated houses by {', '.join(facts['engines'])}, from the recipes in "
            "`recipe/`."
        ),
        "rai:dataCollectionType": ["Simulations", "Software Collection"],
        "rai:dataAnnotationProtocol": [
            "Questions are made from templates. Answers are computed from the boundaries of objects, rooms "
            "and cameras in the clip. No person annotated anything."
        ],
        "rai:machineAnnotationTools": [f"simgen {version}" for version in facts["rendered_with"]],
        "rai:dataPreprocessingProtocol": [FILTER_LIMIT, BALANCE_LIMIT],
        "rai:dataBiases": [HOUSE_LIMIT],
        "rai:dataLimitations": list(LIMIT_TEXTS),
        "rai:dataUseCases": [
            "Training and evaluation of vision-language models on spatial reasoning. Not validated: any use"
            " in which people rely on measurements of real rooms."
        ],
        "rai:personalSensitiveInformation": [
            "None: houses and objects are simulated, and no person is shown or described."
        ],
        "rai:dataSocialImpact": (
            "Models that estimate distances and sizes better can help people who navigate or work in rooms."
            " The same ability can serve surveillance."
        ),
        "rai:dataReleaseMaintenancePlan": (
            "A release does not change. A new version is a new upload, with a tag of its own."
        ),
    }


def _table_file(folder: Path, split: Split) -> dict[str, Any]:
    name = f"{split_folder(split)}/{METADATA}"
    content = (folder / name).read_bytes()
    return {
        "@type": "cr:FileObject",
        "@id": f"{split}-table",
        "name": f"{split}-table",
        "description": f"One row a question of the split {split}.",
        "contentUrl": name,
        "contentSize": f"{len(content)} B",
        "encodingFormat": "application/x-parquet",
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _file_sets(folder: Path) -> list[dict[str, Any]]:
    """The kinds of files that the release has."""
    return [
        {
            "@type": "cr:FileSet",
            "@id": name,
            "name": name,
            "description": description,
            "includes": pattern,
            "encodingFormat": media_type,
        }
        for name, pattern, media_type, description in FILE_SETS
        if next(folder.glob(pattern), None) is not None
    ]


def _record_set(folder: Path, split: Split) -> dict[str, Any]:
    """The columns of a split. Those of messages are left out: Croissant has no lists of objects."""
    schema = pq.read_schema(folder / split_folder(split) / METADATA)
    meanings = {field.name: field.description for field in row_fields()}
    meanings |= {name: column.meaning for name, column in RELEASE_COLUMNS.items()}
    meanings |= {"file_names": "the frames that the question shows, as paths in the split's folder"}
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The questions of the split {split}.",
        "field": [_field(split, f, meanings[f.name]) for f in schema if _data_type(f.type) is not None],
    }


def _field(split: Split, column: pa.Field, meaning: str) -> dict[str, Any]:
    is_list = pa.types.is_list(column.type)
    return {
        "@type": "cr:Field",
        "@id": f"{split}/{column.name}",
        "name": column.name,
        "description": meaning,
        "dataType": _data_type(column.type),
        **({"repeated": True} if is_list else {}),
        "source": {"fileObject": {"@id": f"{split}-table"}, "extract": {"column": column.name}},
    }


def _data_type(kind: pa.DataType) -> str | None:
    """Croissant's type of a column, or of the items of a list; None for messages."""
    if isinstance(kind, pa.ListType):
        kind = kind.value_type
    if pa.types.is_string(kind):
        return "sc:Text"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else None
