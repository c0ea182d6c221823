"""Results of functions of a view, kept for as long as the view exists."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from simgen.qa.view.view import View

Key = TypeVarTuple("Key")
Result = TypeVar("Result")


def cache_per_view(function: Callable[[View, *Key], Result]) -> Callable[[View, *Key], Result]:
    """A decorator: each result is computed once for each view and each combination of further arguments.

    The arguments are positional and hashable. The results must not refer to the view, or it is never freed.
    """
    results: WeakKeyDictionary[View, dict[tuple[*Key], Result]] = WeakKeyDictionary()

    @wraps(function)
    def cached(view: View, *key: *Key) -> Result:
        known = results.get(view)
        if known is None:
            known = results[view] = {}
        if key not in known:
            known[key] = function(view, *key)
        return known[key]

    return cached
