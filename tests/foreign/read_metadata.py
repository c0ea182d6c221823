"""Reads a release by its croissant.json and checks its CITATION.cff: python read_metadata.py RELEASE."""

# pyright: reportMissingImports=false
import json
import sys
from pathlib import Path
from typing import Any

import mlcroissant
from cffconvert import Citation


def main(release: Path) -> None:
    """Prints what mlcroissant finds: errors, warnings, and the records of each split."""
    dataset = mlcroissant.Dataset(str(release / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    splits = {
        item.name: list(map(_plain, dataset.records(item.name))) for item in dataset.metadata.record_sets
    }
    Citation((release / "CITATION.cff").read_text(encoding="utf-8")).validate()
    print(
        json.dumps({"errors": sorted(issues.errors), "warnings": sorted(issues.warnings), "splits": splits})
    )


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the split in its keys, and with text in place of bytes."""
    return {key.partition("/")[2]: _text(value) for key, value in record.items()}


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return [_text(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main(Path(sys.argv[1]))
