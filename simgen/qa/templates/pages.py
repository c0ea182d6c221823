"""The YAML of a template: read, refused where it is foreign or hostile, and asked for its lines."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from simgen.errors import TemplateError

LARGEST_BYTES = 64_000
"""Of a file: the longest template has four thousand."""
DEEPEST = 8
"""Lists and mappings within one another: a template has three."""


def read_text(path: Path) -> str:
    """The text of a template's file. Raises TemplateError for what is no small text file in UTF-8."""
    try:
        # Not opened before it is known to be a file: a pipe would wait for ever, a device never end.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise TemplateError(f"{path}: not a file; name a template's YAML file")
        if status.st_size > LARGEST_BYTES:
            raise TemplateError(
                f"{path}: {status.st_size} bytes, a template has at most {LARGEST_BYTES}; name another file"
            )
        return path.read_text("utf-8")
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise TemplateError(f"{path}: not a text file in UTF-8; save it as one") from None


def parse_yaml(text: str, where: str) -> tuple[dict[str, Any], yaml.MappingNode]:
    """The values of a template's YAML, and its nodes, which know their lines.

    Raises TemplateError, with the line, for what is not valid, repeats a key, nests deeply or uses aliases.
    """
    try:
        _check_events(text, where)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        if isinstance(tree, yaml.MappingNode):
            _check_keys(tree, where)
        values = yaml.safe_load(text)  # what composes may still not load: foreign tags, impossible dates
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise TemplateError(f"{where}:{line}: not valid YAML ({error.problem}); correct this line") from None
    except (yaml.YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise TemplateError(f"{where}:1: not valid YAML ({problem}); correct the file") from None
    if not isinstance(tree, yaml.MappingNode) or not isinstance(values, dict):
        raise TemplateError(f"{where}:1: a template is a mapping of keys; begin with 'id: ...'")
    return values, tree


def line_of(node: yaml.Node, path: Sequence[str | int]) -> int:
    """The line, from 1, of the deepest part of `path` that the YAML holds."""
    for part in path:
        child = _child(node, part)
        if child is None:
            break
        node = child
    return node.start_mark.line + 1


def _check_events(text: str, where: str) -> None:
    """Raises TemplateError for aliases, by which a few lines can stand for billions, and for deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        at = f"{where}:{event.start_mark.line + 1 if event.start_mark else 1}"
        if isinstance(event, yaml.AliasEvent):
            raise TemplateError(f"{at}: aliases (*{event.anchor}) are out of bounds; write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise TemplateError(f"{at}: nested more than {DEEPEST} deep; a template needs no more than three")


def _check_keys(node: yaml.Node, where: str) -> None:
    """Raises TemplateError for a key given twice, of which YAML itself would silently take the last."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item, where)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        at = f"{where}:{key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            raise TemplateError(
                f"{at}: a key must be a word; put quotes around a text that begins with '{{{{'"
            )
        if key.value in seen:
            raise TemplateError(f"{at}: '{key.value}' is given twice; keep one of them")
        seen.add(key.value)
        _check_keys(value, where)


def _child(node: yaml.Node, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None
