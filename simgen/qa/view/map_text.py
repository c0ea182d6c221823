"""Maps as text: the content of a row's `<map>`."""

import json
from collections.abc import Iterable
from functools import lru_cache

from simgen.scoring import MapObject


def render_map(entries: Iterable[MapObject]) -> str:
    """A map as a JSON list; `scoring.parse_map` reads it back."""
    return f"[{', '.join(map(_entry_text, entries))}]"


@lru_cache(maxsize=1 << 14)
def _entry_text(entry: MapObject) -> str:
    # The maps of a clip share most of their entries.
    return json.dumps(_record(entry))


def _record(entry: MapObject) -> dict[str, object]:
    record: dict[str, object] = {"object_name": entry.name, "bbox": list(entry.bbox)}
    if entry.height is not None:
        record["height"] = list(entry.height)
    if entry.outline is not None:
        record["outline"] = [list(point) for point in entry.outline]
    if entry.heading_deg is not None:
        record["heading"] = int(entry.heading_deg)
    return record
