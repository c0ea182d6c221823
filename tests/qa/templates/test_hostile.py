"""Hostile and malformed templates are refused at once, with a one-line message, and run no code."""

import os
import random
import string
import time
import tracemalloc
from pathlib import Path

import jinja2
import pytest

from simgen.errors import TemplateError
from simgen.qa.templates.jinja import LONGEST, check_text, render_text
from simgen.qa.templates.loading import find_template_mistakes, load_templates
from tests.conftest import run_simgen
from tests.qa.templates.test_templates import GOOD

VARIABLES: dict[str, object] = {
    "a": "sofa",
    "options": ["bed", "sink"],
    "value": 1.2,
    "ways": ((1.0,), (2.0,)),
}
PATIENCE_S = 5.0
"""Processor time. Some of the texts take most of a second to parse on a slow machine."""
MEMORY_BYTES = 20_000_000

UNSAFE = [
    # Towards Python.
    "{{ ''.__class__.__mro__ }}",
    "{{ a['__class__'] }}",
    r"{{ a['\x5f\x5fclass\x5f\x5f'] }}",
    "{{ (options | first).__class__ }}",
    "{{ a | attr('__class__') }}",
    "{{ options | map(attribute='__class__') | list }}",
    "{{ options | join(',', '__class__') }}",
    "{{ options | join(attribute='__class__') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(a) }}",
    "{{ '{x.__class__}'.format_map({'x': a}) }}",
    "{{ '%s' % a }}",
    "{{ a.encode() }}",
    "{{ options.append('bed') }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ namespace(x=1) }}",
    "{{ loop }}",
    "{% for x in ways %}{{ loop.__class__ }}{% endfor %}",
    "{% for x in ways %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% import 'os' as os %}",
    "{% from 'os' import system %}",
    "{% include '/etc/passwd' %}",
    "{% extends '/etc/passwd' %}",
    "{% block b %}{{ self.b() }}{% endblock %}",
    # Without end.
    "{% for i in range(10**9) %}x{% endfor %}",
    "{% for i in 'x' * 10**9 %}x{% endfor %}",
    "{% for x in ways recursive %}{{ loop(ways) }}{% endfor %}",
    "{% for x in options | list %}{% endfor %}",
    "{% for b in options %}" * 9 + "x" + "{% endfor %}" * 9,
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}",
    # Beyond memory. Jinja would compute the first four as soon as the template is read.
    "{{ 'a' * 10**10 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%9999999999d' % 3 }}",
    "{{ [[0] * 10**6] * 10**6 }}",
    "{{ a.ljust(10**10) }}",
    "{{ a.replace('o', 'oooooooooo') }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x ~ x ~ x ~ x ~ x ~ x ~ x %}" * 50 + "{{ x }}",
    "{% set x %}aaaa{% endset %}{{ x }}",
    "{{ a" + " | list | join('aaaaaaaaaaaaaaaa')" * 50 + " }}",
    "{{ " + "9" * 5000 + " }}",
    # Beyond the stack, or too long to read.
    "{{ " + "(" * 2000 + "a" + ")" * 2000 + " }}",
    "{{ " + "-" * 5000 + "1 }}",
    "{{ " + "not " * 2400 + "a }}",
    "{{ a" + "[0]" * 3000 + " }}",
    "{{ a" + " | upper" * 1200 + " }}",
    "{% if a %}" * 120 + "x" + "{% endif %}" * 120,
    "x" * (LONGEST + 1),
    # No words.
    r"{{ '\ud800' }}",
    "\x00",
    "\x1b[2J",
    "{% raw %}\u202e{% endraw %}",
]


@pytest.mark.slow
@pytest.mark.parametrize("text", UNSAFE, ids=lambda text: text[:40])
def test_unsafe_texts_are_refused_before_they_run(text: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(jinja2.TemplateSyntaxError) as caught:
            check_text(text, frozenset(VARIABLES))
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < PATIENCE_S
    assert caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    "text",
    [
        "{{ a }} and {{ options | join(', ') }}",
        "{% for w in ways %}{{ loop.index }}. {{ w[0] | m }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "{{ 'left' if value > 1 else 'right' }} of {{ options[0] | upper }}",
        "{% for x in ways if x[0] > 1 %}{{ x[0] }}{% else %}{{ a }}{% endfor %}",
        "{{ options | length + 1 }} {{ options[1:] }} {{ -value }} {{ a ~ 's' }} {{ value is none }}",
    ],
)
def test_harmless_texts_are_allowed(text: str) -> None:
    check_text(text, frozenset(VARIABLES))
    assert render_text(text, VARIABLES, "here")


@pytest.mark.parametrize("text", ["{{ a['__cl' ~ 'ass__'] }}", "{{ a.format }}", "{{ options.append }}"])
def test_methods_are_never_shown(text: str) -> None:
    check_text(text, frozenset(VARIABLES))
    with pytest.raises(TemplateError, match=r"^here: "):
        render_text(text, VARIABLES, "here")


def test_random_scraps_of_jinja_are_refused_or_render() -> None:
    rng = random.Random(5)
    scraps = [
        "{{",
        "}}",
        "{%",
        "%}",
        "for",
        "in",
        "endfor",
        "if",
        "endif",
        "a",
        "options",
        "|",
        "join",
        "(",
        ")",
    ]
    scraps += [
        "*",
        "~",
        ".",
        "'",
        "[",
        "]",
        "9",
        "set",
        "=",
        "loop",
        "__class__",
        "call",
        ",",
        ":",
        "{#",
        "-",
    ]
    refused = rendered = 0
    for _ in range(1500):
        text = " ".join(rng.choices(scraps, k=rng.randint(1, 12)))
        try:
            check_text(text, frozenset(VARIABLES))
        except jinja2.TemplateSyntaxError:
            refused += 1
            continue
        try:
            render_text(text, VARIABLES, "here")
            rendered += 1
        except TemplateError:
            refused += 1
    assert refused > 500
    assert rendered > 20


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(
    f"{now}: &{now} [*{before}, *{before}]\n" for before, now in zip("bcdefghij", "cdefghijk", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, ":1: anchors (&a) are not supported; leave it out"),
        ("a: &a\n  - *a\n", ":1: anchors (&a) are not supported"),
        (GOOD + "margins: {<<: *n}\n", ":11: aliases (*n) are not supported"),
        ("[" * 20_000, ":1: nested more than 20 deep"),
        ("a:\n" + "".join(" " * depth + "- \n" for depth in range(1, 40)), ": nested more than 20 deep"),
        (
            "id: !!python/object/apply:os.system ['touch here']\n",
            ":1: tags (!!python/object/apply:os",
        ),
        ("id: !!python/module:os\n", ":1: tags (!!python/module:os) are not supported"),
        ("!!python/object:simgen.qa.templates.loading.Template {}\n", ":1: tags (!!python/object"),
        ("id: !include /etc/passwd\n", ":1: tags (!include) are not supported"),
        ("id: one\n---\nid: two\n", ":2: not valid YAML"),
        ("%YAML 9.9\n---\nid: one\n", "not valid YAML"),
        ("\x00\x01\x02", ":1: not valid YAML"),
        ("id: \x1b[2J", ":1: not valid YAML"),
        (GOOD.replace("version: 1", "version: " + "9" * 5000), ":3: a number of 5000 characters"),
        (GOOD.replace("version: 1", "version: .inf"), ":3: version: "),
        (GOOD + "margins: {smallest: .nan}\n", ":11: margins.smallest: "),
        (GOOD + "needs: {min_size_m: .nan}\n", ":11: needs.min_size_m: "),
        (GOOD.replace("id: mine", 'id: "\\ud800"'), ":1: id: "),
        (GOOD.replace("group: own", "group: yes"), ":2: group: "),
        (GOOD.replace("group: own", "grup: own"), ":2: unknown key grup; did you mean group?"),
        (
            GOOD + "margins: {runer_up: 1}\n",
            ":11: unknown key margins.runer_up; did you mean runner_up?",
        ),
        (GOOD + "1: 2\n", ":11: unknown key 1; known: "),
        (GOOD + "? [a, b]\n: c\n", ":11: a key must be a word"),
        (GOOD + "phrasings: []\n", ":11: phrasings is given twice"),
        ("extends: [absolute_distance]\nid: mine\n", ":1: extends needs the name of a template"),
        ("extends: absolute_distance\nid: mine\nphrasings: {a: b}\n", ":3: phrasings: "),
    ],
    ids=lambda part: part[:40],
)
def test_yaml_that_is_no_template_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    started = time.process_time()
    with pytest.raises(TemplateError) as caught:
        load_templates([str(path)])
    assert time.process_time() - started < PATIENCE_S
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert not (Path.cwd() / "here").exists()


def test_files_that_are_no_text_are_refused_unread(tmp_path: Path) -> None:
    large, binary, pipe = tmp_path / "large.yaml", tmp_path / "binary.yaml", tmp_path / "pipe.yaml"
    with large.open("wb") as file:
        file.truncate(10**12)  # a sparse file: as large as it says, and on no disk
    binary.write_bytes(random.Random(3).randbytes(4000))
    os.mkfifo(pipe)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "circle.yaml").symlink_to(tmp_path / "circle.yaml")
    expected = {
        "large": "at most 64000",
        "binary": "not a text file in UTF-8",
        "pipe": "not a file",
        "folder": "not a file",
        "zero": "not a file",
        "circle": "cannot be read",
    }
    for name, message in expected.items():
        (mistake,) = find_template_mistakes(tmp_path / f"{name}.yaml")
        assert message in mistake


def test_random_changes_give_one_line_messages_only(tmp_path: Path) -> None:
    rng, path = random.Random(7), tmp_path / "mine.yaml"
    signs = string.printable + "é\u2028\ufeff"
    for _ in range(300):
        text = list(GOOD)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 3)] = rng.choices(signs, k=rng.randint(0, 3))
        path.write_text("".join(text), encoding="utf-8", newline="")
        mistakes = find_template_mistakes(path)
        assert all(mistake.startswith(str(path)) and "\n" not in mistake for mistake in mistakes)


def test_all_mistakes_of_a_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = GOOD.replace("{{ a }} from", "{{ c }} from").replace("{{ value | m }}", "{{ value | k }}")
    path.write_text(text.replace("metres", "choice"), encoding="utf-8")
    lines = [
        int(mistake.removeprefix(f"{path}:").partition(":")[0]) for mistake in find_template_mistakes(path)
    ]
    assert lines == [5, 7, 10]


@pytest.mark.slow
def test_the_command_line_says_one_line_and_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("{{ value | m }}", "{{ 'a' * 10**10 }}"), encoding="utf-8")
    done = run_simgen("qa", "--templates", str(path), data=tmp_path)
    assert done.returncode == 2
    assert f"{path}:10: Jinja: '*' is not allowed" in done.stderr
    assert "Traceback" not in done.stderr
