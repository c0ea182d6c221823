"""The safe subset of Jinja that templates may use. Everything else is refused before it runs."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from simgen.errors import TemplateError
from simgen.qa.view.view import round_value

FILTERS = frozenset({"join", "length", "list", "first", "last", "upper", "capitalize"})
"""Filters of Jinja that templates may use: they only format."""
TESTS = frozenset({"none", "defined", "odd", "even"})
"""Tests of Jinja that templates may use."""
LONGEST = 10_000
"""Characters of a text. The longest bundled thought has some two thousand."""
DEEPEST = 3
"""Nested loops. No sentence needs more."""

_BUILDING_BLOCKS = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.CondExpr),
    *(nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Tuple),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Keyword),
    # Sums make indexes that count from one. Products and powers could fill the memory.
    *(nodes.Add, nodes.Sub, nodes.Neg, nodes.Concat),
)
"""Parts of Jinja that a text may use. None makes the output grow faster than the text, so none runs away."""
_PATHS = (nodes.Name, nodes.Getattr, nodes.Getitem)


def check_text(text: str, variables: frozenset[str]) -> None:
    """Raises jinja2.TemplateSyntaxError (with the line in `text`) unless the text is safe to render.

    It may use only `variables`, and of Jinja only conditions, comparisons, sums, loops over the value
    of a variable and a few filters.
    """
    if len(text) > LONGEST:
        raise jinja2.TemplateSyntaxError(f"{len(text)} characters, at most {LONGEST} are read; shorten it", 1)
    try:
        # Check before compiling: Jinja computes constants when it compiles.
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
    # Rendering can fail in many ways: undefined values, wrong types, the sandbox.
    except Exception as error:
        raise TemplateError(f"{where}: {type(error).__name__}: {error}; correct the text") from None


@lru_cache(maxsize=4096)
def _compiled(text: str) -> jinja2.Template:
    # The size is far above the number of phrasings. Jinja itself caches files, not texts.
    return _ENVIRONMENT.from_string(text)


class _FactsSandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with faster access to the fields of facts, which thoughts read most."""

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
    """Returns the value. Raises TypeError for a callable, such as a method."""
    if callable(value) and not isinstance(value, jinja2.Undefined):
        raise TypeError("a text can show words, numbers and lists only")
    return value


def _two_decimals(value: float) -> str:
    """Metres as thoughts write them, for example 1.20."""
    return f"{round_value(value, 2):.2f}"


def _one_decimal(value: float) -> str:
    """Metres as short thoughts write them, for example 1.2."""
    return f"{round_value(value, 1):.1f}"


def _term(value: float) -> str:
    """Metres as a term of a sum or product: 1.20 or (-1.20)."""
    return f"({_two_decimals(value)})" if round_value(value, 2) < 0.0 else _two_decimals(value)


def _whole(value: float) -> str:
    """Whole degrees, for example -90."""
    return f"{round_value(value, 0):.0f}"


def _three_decimals(value: float) -> str:
    """Cubic metres as thoughts write them, for example 0.125."""
    return f"{round_value(value, 3):.3f}"


_NUMBERS: dict[str, Callable[[float], str]] = {
    "m": _two_decimals,
    "m1": _one_decimal,
    "m3": _three_decimals,
    "term": _term,
    "deg": _whole,
}
"""Filters that write numbers as thoughts do."""


def _check(node: nodes.Node, known: frozenset[str], loops: int) -> None:
    """Raises jinja2.TemplateSyntaxError for the first part of a tree that is not allowed."""
    if isinstance(node, nodes.For):
        _check_loop(node, known, loops)
        return
    if isinstance(node, nodes.Name) and node.name not in known:
        allowed = ", ".join(sorted(known - {"loop"}))
        raise _refused(node, f"unknown variable '{node.name}'; use one of {allowed}")
    if isinstance(node, nodes.Call):
        _check(node.node, known, loops)  # a call of an unknown function is first reported as an unknown name
    if not isinstance(node, _BUILDING_BLOCKS):
        raise _refused(node, f"'{_written(node)}' is not allowed: a text may only format facts")
    for child in node.iter_child_nodes():
        _check(child, known, loops)
    if isinstance(node, nodes.Const | nodes.TemplateData):
        _check_characters(node)
    if isinstance(node, nodes.Getattr | nodes.Getitem) and _is_private(node):
        raise _refused(node, "attributes that begin with '_' are not allowed")
    if isinstance(node, nodes.Filter):
        _check_filter(node)


def _check_loop(node: nodes.For, known: frozenset[str], loops: int) -> None:
    if loops == DEEPEST:
        raise _refused(node, f"more than {DEEPEST} loops within one another are not allowed")
    if node.recursive or not isinstance(node.iter, _PATHS):
        raise _refused(node, "a loop may only go over the value of a variable")
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
        raise _refused(node, "only the value of a variable can be joined")


def _is_private(node: nodes.Getattr | nodes.Getitem) -> bool:
    if isinstance(node, nodes.Getattr):
        return node.attr.startswith("_")
    return isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("_")


def _written(node: nodes.Node) -> str:
    """How this part is written in a text."""
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
