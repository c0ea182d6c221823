"""Finds, reads and extends pages, as the docstring of `simgen.pages` says."""

import difflib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from simgen.errors import InputError
from simgen.pages.shown import LONGEST_SHOWN, escape, show

LARGEST_BYTES = 64_000
"""Of a page. The longest bundled one has four thousand; this many are read in about a second."""
DEEPEST = 20
"""Mappings and lists within one another. Room specs need the most: 5, and 2 for each group in a group."""
LONGEST_NUMBER = 100
"""Characters. Python refuses to print numbers of some thousand digits, and no key takes one."""
CHANGE = "--set "
"""How the label of a value begins that was changed after the page was read."""


@dataclass(frozen=True, slots=True)
class Page:
    """The values of a page, with those that it inherits, and the lines on which they stand."""

    label: str
    """File name for messages."""
    what: str
    """What the page is, such as "recipe"."""
    error: type[InputError]
    """What mistakes in the page are raised as."""
    tree: yaml.MappingNode
    values: dict[str, Any]
    """Plain dicts, lists, texts, numbers, booleans and None."""

    def mark(self, path: Sequence[str | int] = ()) -> Any:
        """PyYAML's mark of the deepest part of `path` that is given, with its file and line."""
        return _mark(self.tree, path)

    def where(self, path: Sequence[str | int] = ()) -> str:
        """FILE:LINE of the deepest part of `path` that is given; an empty path is the page's first key."""
        return _place(self.mark(path))


def list_pages(folder: Traversable) -> list[str]:
    """Names of the bundled pages in a folder and its subfolders, in alphabetical order."""
    return sorted(_bundled(folder))


def find_page(name_or_path: str, folder: Traversable, what: str, error: type[InputError]) -> tuple[str, str]:
    """A label for messages, and the YAML text: of a file if the name ends in .yaml or .json, else of a
    bundled page.

    Raises `error` when the file cannot be read, or naming the nearest bundled page; `what` says what the
    pages are, such as "recipe".
    """
    if _is_file_name(name_or_path):
        return name_or_path, _read(Path(name_or_path), what, error, LARGEST_BYTES)
    pages = _bundled(folder)
    if name_or_path not in pages:
        near = difflib.get_close_matches(name_or_path[:LONGEST_SHOWN], pages, n=1, cutoff=0.0)[0]
        raise error(
            f"no {what} is called '{show(name_or_path)}'; did you mean '{near}'? "
            f"Bundled: {', '.join(sorted(pages))}; a file of yours ends in .yaml"
        )
    return f"{name_or_path}.yaml", pages[name_or_path].read_text(encoding="utf-8")


def load_page(
    name_or_path: str,
    folder: Traversable,
    what: str,
    error: type[InputError],
    default_kinds: Mapping[str, str] | None = None,
) -> Page:
    """A page with all that it extends: a file if the name ends in .yaml or .json, else a bundled one.

    `default_kinds` has the `kind` of top-level sections that give none. Raises `error`, with the line where
    there is one, when a page cannot be found or read or breaks a rule of `simgen.pages`.
    """
    label, text = find_page(name_or_path, folder, what, error)
    trees = [_compose(text, label, what, error)]
    labels = {_identity(name_or_path): label}
    while (base := _base(trees[-1], what, error)) is not None:
        where = _place(_mark(trees[-1], ("extends",)))
        try:
            base_label, text = find_page(base, folder, what, error)
            trees.append(_compose(text, base_label, what, error))
        except error as problem:
            raise error(f"{where}: extends: {problem}") from None
        if _identity(base) in labels:
            way = " and ".join(labels.values())
            raise error(f"{where}: {show(base)} extends itself, by way of {way}; leave out one extends")
        labels[_identity(base)] = base_label
    tree = trees.pop()
    while trees:
        tree = _merge(tree, trees.pop(), default_kinds or {})
    return _page(_without_extends(tree), label, what, error)


def load_file(path: Path, what: str, error: type[InputError], largest_bytes: int = LARGEST_BYTES) -> Page:
    """A page that stands alone: `extends` is a key like any other. Raises `error` as `load_page` does."""
    tree = _compose(_read(path, what, error, largest_bytes), str(path), what, error)
    return _page(tree, str(path), what, error)


def change_page(page: Page, key: str, value: object) -> Page:
    """The page with the value of one key changed; `key` may be dotted, such as "sft.steps".

    A text is read as YAML, any other value is taken as it is. Messages name the change instead of a line.
    Raises the page's error when key or value is not valid.
    """
    text = value if isinstance(value, str) else json.dumps(value)
    label = f"{CHANGE}{key}={show(text)}"
    parts = key.split(".")
    if not all(part.isidentifier() for part in parts) or "\n" in text:
        raise page.error(f"{label}: not a key and a value; give KEY=VALUE, such as sft.steps=200")
    lines = [f"{' ' * depth}{part}:" for depth, part in enumerate(parts)]
    change = _compose("\n".join(lines) + f" {text}", label, page.what, page.error)
    return _page(_merge(page.tree, change, {}), page.label, page.what, page.error)


# ---- finding and reading


def _is_file_name(name: str) -> bool:
    # A resolved recipe, as a release has it, is JSON, which is YAML too.
    return Path(name).suffix in (".yaml", ".yml", ".json")


def _identity(name_or_path: str) -> str:
    return os.path.realpath(name_or_path) if _is_file_name(name_or_path) else name_or_path


def _bundled(folder: Traversable) -> dict[str, Traversable]:
    pages: dict[str, Traversable] = {}
    for item in folder.iterdir():
        if item.is_dir():
            pages.update(_bundled(item))
        elif item.name.endswith(".yaml"):
            pages[item.name.removesuffix(".yaml")] = item
    return pages


def _read(path: Path, what: str, error: type[InputError], largest_bytes: int) -> str:
    label = show(str(path), 1000)
    try:
        # Not opened before it is known to be a file: a pipe would wait for ever, a device never end.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise error(f"{label}: not a file; name a YAML file")
        if status.st_size > largest_bytes:
            raise error(
                f"{label}: {status.st_size} bytes, a {what} has at most {largest_bytes}; name another file"
            )
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise error(f"{label}: cannot be read ({problem.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise error(f"{label}: not a text file in UTF-8; save it as one") from None
    except ValueError:  # a name with a character that no file name can have
        raise error(f"{label}: not a file name; check the path") from None


# ---- from text to nodes


class _RefusedError(yaml.MarkedYAMLError):
    """Valid YAML that a page may not hold."""


_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "null")}


class _Loader(yaml.SafeLoader):
    """Composes nodes and refuses what a page may not hold. Dates and `=` are texts."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own attribute)
        first: [rule for rule in rules if rule[0] in _TAGS]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str, label: str) -> None:
        super().__init__(text)
        self.name = label  # PyYAML gives each mark this name
        self.depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        problem = _problem(event, self.depth)
        if problem:
            raise _RefusedError(problem=problem, problem_mark=event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _problem(event: Any, depth: int) -> str | None:
    """What a page may not hold of YAML, in words."""
    if isinstance(event, yaml.AliasEvent):
        return f"aliases (*{event.anchor}) are not supported; write the value out, or put it in quotes"
    if event.anchor is not None:
        return f"anchors (&{event.anchor}) are not supported; leave it out, or put the text in quotes"
    if event.tag is not None:
        tag = show(event.tag.replace("tag:yaml.org,2002:", "!!"))
        return f"tags ({tag}) are not supported; leave it out, or put the text in quotes"
    if isinstance(event, yaml.CollectionStartEvent) and depth >= DEEPEST:
        return f"nested more than {DEEPEST} deep; write the page flatter"
    return None


def _check_keys(node: yaml.Node | None, path: str = "") -> None:
    """Raises _RefusedError for the first key, at any depth, that is no word or is given twice."""
    for item in node.value if isinstance(node, yaml.SequenceNode) else ():
        _check_keys(item, path)
    seen: set[str] = set()
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        name = f"{path}{show(str(key.value))}"
        problem = None
        if not isinstance(key, yaml.ScalarNode):
            problem = "a key must be a word; put quotes around a text that begins with '{' or '['"
        elif not key.value.isprintable():
            problem = f"the key {name} has a character that cannot be printed; take it out"
        elif key.value == "<<":
            problem = "merge keys (<<) are not supported; write the values out, or use extends"
        elif key.value in seen:
            problem = f"{name} is given twice; keep one of them"
        if problem:
            raise _RefusedError(problem=problem, problem_mark=key.start_mark)
        seen.add(key.value)
        _check_keys(value, f"{name}.")


def _compose(text: str, label: str, what: str, error: type[InputError]) -> yaml.MappingNode:
    """The nodes of a text. Raises `error`, with the line."""
    try:
        node = _Loader(text, label).get_single_node()
        _check_keys(node)
    except _RefusedError as problem:
        raise error(escape(f"{_place(problem.problem_mark)}: {problem.problem}")) from None
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, int(problem.position)) + 1
        raise error(
            f"{_line_of(label, line)}: not valid YAML ({problem.reason}); correct this line"
        ) from None
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        reason = escape(f"{_line_of(label, line)}: not valid YAML ({problem.problem}); correct this line")
        raise error(reason) from None
    if not isinstance(node, yaml.MappingNode):
        raise error(f"{label}:1: a {what} is a page of `key: value` lines; {_is_instead(node)}")
    return node


def _is_instead(node: yaml.Node | None) -> str:
    if node is None:
        return "this one is empty"
    return "this is a list" if isinstance(node, yaml.SequenceNode) else "this is a single value"


# ---- extending


def _base(tree: yaml.MappingNode, what: str, error: type[InputError]) -> str | None:
    """The page that another one extends, if any."""
    found = _child(tree, "extends")
    if found is None:
        return None
    key, node = found
    if not isinstance(node, yaml.ScalarNode) or not isinstance(name := _value(node, error), str):
        raise error(f"{_place(key)}: extends needs the name of a {what}, or a YAML file of yours")
    return name


def _merge(
    base: yaml.MappingNode, changes: yaml.MappingNode, default_kinds: Mapping[str, str]
) -> yaml.MappingNode:
    """A mapping over that of its base, as the docstring of `simgen.pages` says."""
    merged = {key.value: (key, value) for key, value in base.value}
    for key, value in changes.value:
        _, old = merged.get(key.value, (None, None))
        if isinstance(old, yaml.MappingNode) and isinstance(value, yaml.MappingNode):
            kinds = {_kind(old, default_kinds.get(key.value)), _kind(value)} - {None}
            value = value if len(kinds) > 1 else _merge(old, value, {})
        merged[key.value] = (key, value)
    return yaml.MappingNode(changes.tag, list(merged.values()), changes.start_mark, changes.end_mark)


def _kind(node: yaml.MappingNode, default: str | None = None) -> str | None:
    return next((str(value.value) for key, value in node.value if key.value == "kind"), default)


def _without_extends(tree: yaml.MappingNode) -> yaml.MappingNode:
    pairs = [(key, value) for key, value in tree.value if key.value != "extends"]
    return yaml.MappingNode(tree.tag, pairs, tree.start_mark, tree.end_mark)


# ---- from nodes to values, and back to their lines


def _page(tree: yaml.MappingNode, label: str, what: str, error: type[InputError]) -> Page:
    return Page(label, what, error, tree, _value(tree, error))


def _value(node: yaml.Node, error: type[InputError]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(value, error) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, error) for item in node.value]
    if node.tag in _TAGS and len(node.value) > LONGEST_NUMBER:
        where, length = _place(node.start_mark), len(node.value)
        raise error(
            f"{where}: a number of {length} characters, at most {LONGEST_NUMBER} are read; shorten it"
        )
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except ValueError as problem:  # such as 0b_, which has the form of a number
        raise error(f"{_place(node.start_mark)}: not valid YAML ({problem}); correct this line") from None


def _mark(node: yaml.Node, path: Sequence[str | int]) -> Any:
    """PyYAML's mark of the deepest key or list item of `path` that is given."""
    mark = node.start_mark
    for part in path:
        found = _child(node, part)
        if found is None:
            break
        mark, node = found
    return mark


def _child(node: yaml.Node, part: str | int) -> tuple[Any, yaml.Node] | None:
    """The mark and the value of a key or a list item."""
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark, node.value[part]
    return None


def _place(mark: Any) -> str:
    return _line_of(mark.name, mark.line + 1)


def _line_of(label: str, line: int) -> str:
    # A change on the command line has no lines.
    return label if label.startswith(CHANGE) else f"{label}:{line}"
