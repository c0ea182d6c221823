"""What one look at the machine found."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "off", "fail"]
"""`off`: something that only some users want is not there; everything else works without it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    detail: str
    cure: str = ""
    """What to type or to change; empty where nothing needs to be."""
