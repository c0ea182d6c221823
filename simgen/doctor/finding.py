"""The result of one check of the machine."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "off", "fail"]
"""`ok`: it works. `off`: an optional part is missing; everything else works without it. `fail`: it does not
work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    name: str
    state: State
    detail: str
    cure: str = ""
    """What to type or to change; empty if nothing is needed."""
