"""Jinja as templates may use it: what only words things. Everything else is refused before it ever runs."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from simgen.errors import TemplateError
from simgen.qa.view.view import round_value

FILTERS = frozenset({"join", "length", "list", "first", "last", "upper", "capitalize"})
"""Those of Jinja's own filters that only format."""
TESTS = frozenset({"none", "defined", "odd", "even"})
"""Jinja's own tests that do not compute."""
LONGEST = 10_000
"""Characters of a text: the longest thought has some two thousand."""
DEEPEST = 3
"""Loops within loops: a text that needs more is no sentence."""

_BUILDING_BLOCKS = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.CondExpr),
    *(nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Tuple),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Keyword),
    # Sums are for numbers that count from one; products and powers could fill the memory.
    *(nodes.Add, nodes.Sub, nodes.Neg, nodes.Concat),
)
"""All that a text may be made of. None of it grows by more than its own length, so no text can run away."""
_PATHS = (nodes.Name, nodes.Getattr, nodes.Getitem)


def check_text(text: str, variables: frozenset[str]) -> None:
    """Raises jinja2.TemplateSyntaxError (with the line in `text`) unless the text is safe to render.

    It may use only `variables`, and of Jinja only what words things: conditions, loops over what a variable
    holds, and a few filters.
    """
    if len(text) > LONGEST:
        raise jinja2.TemplateSyntaxError(f"{len(text)} characters, at most {LONGEST} are read; shorten it", 1)
    try:
        # Jinja computes constants when it compiles, so nothing may be compiled that is not yet checked.
        _check(_ENVIRONMENT.parse(text), variables, 0)
        _ENVIRONMENT.compile(text)  # the filters and tests it names exist only if it compiles
    # Jinja compiles to Python, which allows a hundred levels of indentation and twenty of loops.
    except (RecursionError, SyntaxError):
        raise jinja2.TemplateSyntaxError("nested too deeply; use fewer brackets and conditions", 1) from None
    except ValueError as error:  # a number of more digits than Python reads
        raise jinja2.TemplateSyntaxError(str(error).partition(";")[0], 1) from None


def render_text(text: str, variables: Mapping[str, object], where: str) -> str:
    """The rendered text on one line. Raises TemplateError, naming `where`, when rendering fails."""
    try:
        return " ".join(_compiled(text).render(variables).split())
    # A text can fail in any way that an expression can: undefined values, types, the sandbox.
    except Exception as error:
        raise TemplateError(f"{where}: {type(error).__name__}: {error}; correct the text") from None


@lru_cache(maxsize=4096)
def _compiled(text: str) -> jinja2.Template:
    # Far more than there are phrasings; Jinja's own cache is of files, not of texts.
    return _ENVIRONMENT.from_string(text)


class _FactsSandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with a shorter way to the fields of facts, which are most of what thoughts read."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute in getattr(type(obj), "__dataclass_fields__", ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = _FactsSandbox(undefined=jinja2.StrictUndefined, autoescape=False, finalize=_plain)
    environment.globals = {}
    kept: dict[str, Any] = {name: environment.filters[name] for name in FILTERS}
    kept.update(_NUMBERS)
    environment.filters = kept
    environment.tests = {name: environment.tests[name] for name in TESTS}
    return environment


def _plain(value: object) -> object:
    """The value itself. Raises TypeError for what is no word or number, such as a method."""
    if callable(value) and not isinstance(value, jinja2.Undefined):
        raise TypeError("a text can show words, numbers and lists only")
    return value


def _two_decimals(value: float) -> str:
    """Metres as thoughts write them, for example 1.20."""
    return f"{round_value(value, 2):.2f}"


def _term(value: float) -> str:
    """Metres within a sum or product: 1.20 or (-1.20)."""
    return f"({_two_decimals(value)})" if round_value(value, 2) < 0.0 else _two_decimals(value)


def _whole(value: float) -> str:
    """Whole degrees, for example -90."""
    return f"{round_value(value, 0):.0f}"


def _three_decimals(value: float) -> str:
    """Cubic metres as thoughts write them, for example 0.125."""
    return f"{round_value(value, 3):.3f}"


_NUMBERS: dict[str, Callable[[float], str]] = {
    "m": _two_decimals,
    "m3": _three_decimals,
    "term": _term,
    "deg": _whole,
}
"""Filters that write numbers as thoughts do."""


def _check(node: nodes.Node, known: frozenset[str], loops: int) -> None:
    """Raises jinja2.TemplateSyntaxError for the first thing in a tree that is out of bounds."""
    if isinstance(node, nodes.For):
        _check_loop(node, known, loops)
        return
    if isinstance(node, nodes.Name) and node.name not in known:
        allowed = ", ".join(sorted(known - {"loop"}))
        raise _refused(node, f"unknown variable '{node.name}'; use one of {allowed}")
    if isinstance(node, nodes.Call):
        _check(node.node, known, loops)  # whoever calls a function of Jinja's learns which names there are
    if not isinstance(node, _BUILDING_BLOCKS):
        raise _refused(node, f"'{_written(node)}' is out of bounds: a text only words facts")
    for child in node.iter_child_nodes():
        _check(child, known, loops)
    if isinstance(node, nodes.Const | nodes.TemplateData):
        _check_characters(node)
    if isinstance(node, nodes.Getattr | nodes.Getitem) and _is_private(node):
        raise _refused(node, "attributes that begin with '_' are out of bounds")
    if isinstance(node, nodes.Filter):
        _check_filter(node)


def _check_loop(node: nodes.For, known: frozenset[str], loops: int) -> None:
    if loops == DEEPEST:
        raise _refused(node, f"more than {DEEPEST} loops within one another are out of bounds")
    if node.recursive or not isinstance(node.iter, _PATHS):
        raise _refused(node, "a loop may only go over what a variable holds")
    _check(node.iter, known, loops)
    targets = (node.target, *node.target.find_all(nodes.Name))
    named = {target.name for target in targets if isinstance(target, nodes.Name)}
    inner = known | named | {"loop"}
    for part in (*([node.test] if node.test else []), *node.body):
        _check(part, inner, loops + 1)
    for part in node.else_:
        _check(part, known, loops)


def _check_characters(node: nodes.Const | nodes.TemplateData) -> None:
    text = str(node.value if isinstance(node, nodes.Const) else node.data)
    if not "".join(text.split()).isprintable():
        raise _refused(node, "it holds a character that cannot be shown; remove it")


def _check_filter(node: nodes.Filter) -> None:
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > 1:
        raise _refused(node, f"filter '{node.name}' takes no such arguments")
    # Joining what was joined before would double a text with every step.
    if node.name == "join" and not isinstance(node.node, _PATHS):
        raise _refused(node, "only what a variable holds can be joined")


def _is_private(node: nodes.Getattr | nodes.Getitem) -> bool:
    if isinstance(node, nodes.Getattr):
        return node.attr.startswith("_")
    return isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("_")


def _written(node: nodes.Node) -> str:
    """What people write to get this part of a text."""
    return _WRITTEN.get(type(node), type(node).__name__.lower())


def _refused(node: nodes.Node, message: str) -> jinja2.TemplateSyntaxError:
    return jinja2.TemplateSyntaxError(message, node.lineno)


_WRITTEN: dict[type[nodes.Node], str] = {
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.Call: "(...)",
    nodes.Dict: "{...}",
    nodes.List: "[...]",
    nodes.ScopedEvalContextModifier: "autoescape",
    nodes.CallBlock: "call",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Pow: "**",
    nodes.FromImport: "import",
    nodes.FilterBlock: "filter",
}

_ENVIRONMENT = _environment()
