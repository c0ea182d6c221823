"""Jinja as templates may use it: sandboxed, strict, and checked before it ever runs."""

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from simgen.errors import TemplateError
from simgen.qa.view import rounded

FILTERS = frozenset({"join", "length", "list", "first", "last", "upper", "capitalize"})
"""Those of Jinja's own filters that only format."""


def check_text(text: str, variables: frozenset[str]) -> None:
    """Raises jinja2.TemplateSyntaxError (with the line in `text`) unless the text is safe to render.

    It may use only `variables`, may not reach for private attributes, and must parse.
    """
    tree = _ENVIRONMENT.parse(text)
    _ENVIRONMENT.compile(text)  # the filters and tests it names exist only if it compiles
    stored = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"} | {"loop"}
    for name in tree.find_all(nodes.Name):
        if name.name not in variables | stored:
            known = ", ".join(sorted(variables))
            raise jinja2.TemplateSyntaxError(
                f"unknown variable '{name.name}'; use one of {known}", name.lineno
            )
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        if _is_private(node):
            raise jinja2.TemplateSyntaxError("attributes that begin with '_' are out of bounds", node.lineno)
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        name = type(node).__name__.lower()
        raise jinja2.TemplateSyntaxError(f"'{name}' is out of bounds: a text stands alone", node.lineno)


def render_text(text: str, variables: dict[str, object], where: str) -> str:
    """The rendered text on one line. Raises TemplateError, naming `where`, when rendering fails."""
    try:
        return " ".join(_ENVIRONMENT.from_string(text).render(variables).split())
    # A text can fail in any way that an expression can: undefined values, types, the sandbox.
    except Exception as error:
        raise TemplateError(f"{where}: {type(error).__name__}: {error}; correct the text") from None


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.globals = {}
    environment.filters = {name: environment.filters[name] for name in FILTERS} | {"m": _two_decimals}
    return environment


def _two_decimals(value: float) -> str:
    """Metres as thoughts write them, for example 1.20."""
    return f"{rounded(value, 2):.2f}"


def _is_private(node: nodes.Getattr | nodes.Getitem) -> bool:
    if isinstance(node, nodes.Getattr):
        return node.attr.startswith("_")
    return isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("_")


_ENVIRONMENT = _environment()
