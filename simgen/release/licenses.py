"""The licences in the header of a release's card, as identifiers of the Hub."""

import re
from collections.abc import Iterable

from simgen.errors import InputError

LICENSE = "apache-2.0"
"""Licence of the questions, the geometry and the engine's own shapes, unless the publisher gives another."""
_KNOWN = frozenset(
    {
        "apache-2.0",
        "bsd-3-clause",
        "cc0-1.0",
        *(f"cc-by{terms}-{version}" for terms in ("", "-sa", "-nc", "-nc-sa") for version in ("3.0", "4.0")),
        "gpl-3.0",
        "lgpl-3.0",
        "mit",
    }
)
"""Identifiers of the Hub that a pack's model may have. The Hub refuses a card with an unknown one."""
_SPDX = {name: name.upper() for name in _KNOWN} | {"apache-2.0": "Apache-2.0", "bsd-3-clause": "BSD-3-Clause"}
_OTHER = "other"
_COUNTRY = re.compile(r"(cc-by.*-\d\.\d)-[a-z]{2}")
"""A Creative Commons licence that is adapted to a country's law, which the Hub does not list."""


def list_licenses(given: str | None, of_models: Iterable[str]) -> list[str]:
    """The identifiers: the licence that was given, else simgen's own; then those of the models in the frames.

    Raises InputError when `given` does not look like an identifier of the Hub.
    """
    if given is not None and not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", given):
        raise InputError(f"--license {given}: give an identifier of the Hub in lower case, such as cc-by-4.0")
    return list(dict.fromkeys([given or LICENSE, *sorted(map(_identify, of_models))]))


def spdx_identifier(name: str) -> str | None:
    """The identifier of SPDX for an identifier of the Hub; None for those that models do not have."""
    return _SPDX.get(name)


def _identify(name: str) -> str:
    lower = name.lower()
    adapted = _COUNTRY.fullmatch(lower)
    identifier = adapted[1] if adapted else lower
    return identifier if identifier in _KNOWN else _OTHER
