"""YAML pages: recipes, templates and room specs follow the same rules and report mistakes in the same way."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from simgen.errors import InputError
from simgen.pages import DEEPEST, LARGEST_BYTES, Page, find_page, list_pages, load_page, validate
from simgen.qa.templates.loading import load_templates
from simgen.recipe import load_recipe
from simgen.scenes.houses.specs import load_specs

RECIPE = "extends: demo\nname: mine\ncamera:\n  width: 64\n"
TEMPLATE = "extends: absolute_distance\nid: mine\nneeds:\n  min_size_m: 1\n"
SPECS = "description: Mine.\nspecs:\n  one:\n    weight: 2\n    rooms: [{type: Kitchen}]\n"
PATIENCE_S = 5.0
"""Processor time for pages that are made to be slow."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Round(Strict):
    kind: Literal["round"]
    radius_m: Annotated[float, Field(gt=0)]


class Square(Strict):
    kind: Literal["square"] = "square"
    side_m: Annotated[float, Field(gt=0)] = 1.0
    colours: tuple[str, ...] = ()


class Plan(Strict):
    name: str
    count: Annotated[int, Field(ge=1)] | tuple[int, ...] = 1
    shape: Annotated[Round | Square, Field(discriminator="kind")] = Square()
    shapes: dict[str, Square] = {}
    steps: tuple[Round, ...] = ()


class PlanError(InputError):
    """A plan has mistakes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of bundled plans."""
    (tmp_path / "plans" / "more").mkdir(parents=True)
    (tmp_path / "plans" / "plain.yaml").write_text(
        "# a comment\nname: plain\ncount: 3\nshape:\n  kind: square\n  side_m: 2\n  colours: [red, blue]\n"
    )
    (tmp_path / "plans" / "more" / "wide.yaml").write_text("extends: plain\nname: wide\nshape: {side_m: 9}\n")
    return tmp_path / "plans"


@pytest.fixture
def load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Page]:
    """Writes a page of that text as mine.yaml into the current folder, and loads it."""
    monkeypatch.chdir(folder.parent)

    def load(text: str) -> Page:
        Path("mine.yaml").write_text(text, encoding="utf-8")
        return load_page("mine.yaml", folder, "plan", PlanError, {"shape": "square"})

    return load


def refusal(load: Callable[[str], Page], text: str) -> str:
    """The message for a plan that is refused."""
    with pytest.raises(PlanError) as caught:
        validate(load(text), Plan)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestEveryKindOfPage:
    """The same mistakes give the same messages in a recipe, a template and a page of room specs."""

    @pytest.fixture(params=["recipe", "template", "specs"])
    def kind(self, request: pytest.FixtureRequest) -> tuple[str, Callable[[str], object]]:
        """A good page, and what reads it."""
        return {
            "recipe": (RECIPE, load_recipe),
            "template": (TEMPLATE, lambda path: load_templates([path])),
            "specs": (SPECS, load_specs),
        }[request.param]

    def test_the_good_page_is_read(self, kind: tuple[str, Callable[[str], object]], tmp_path: Path) -> None:
        text, read = kind
        (tmp_path / "mine.yaml").write_text(text)
        assert read(str(tmp_path / "mine.yaml"))

    @pytest.mark.parametrize(
        ("added", "message"),
        [
            ("{first}\n", "{line}: {key} is given twice; keep one of them"),
            ("colour: {{a: 1, b: {{c: 1, c: 2}}}}\n", "{line}: colour.b.c is given twice"),
            ("colour: [{{a: 1, a: 1}}]\n", "{line}: colour.a is given twice"),
            ("colour: &red {{a: 1}}\n", "{line}: anchors (&red) are not supported"),
            ("colour: *red\n", "{line}: aliases (*red) are not supported"),
            ("colour: {{<<: {{a: 1}}}}\n", "{line}: merge keys (<<) are not supported"),
            ("colour: !!timestamp x\n", "{line}: tags (!!timestamp) are not supported"),
            (
                "colour: !!python/name:os.system x\n",
                "{line}: tags (!!python/name:os.system) are not supported",
            ),
            ("colour: {{{{ a }}}}\n", "{line}: a key must be a word; put quotes around"),
            ("colour: [\n", "{next}: not valid YAML (expected the node content"),
            ("colour: \x00\n", "{line}: not valid YAML (special characters are not allowed)"),
            ("---\nname: two\n", "{line}: not valid YAML (but found another document)"),
            ("colour: 2023-02-30\n", "{line}: unknown key colour; known: "),
            ("null: 1\n", "{line}: unknown key null; known: "),
            ("1: 1\n", "{line}: unknown key 1; known: "),
            ('"a\\nb\\ud800": 1\n', "{line}: the key a\\nb\\ud800 has a character that cannot be printed"),
            ("colour: 0b_\n", "{line}: not valid YAML (invalid literal"),
        ],
    )
    def test_content_that_no_page_may_have(
        self, kind: tuple[str, Callable[[str], object]], tmp_path: Path, added: str, message: str
    ) -> None:
        text, read = kind
        path = tmp_path / "mine.yaml"
        first, line = text.partition("\n")[0], text.count("\n") + 1
        path.write_text(text + added.format(first=first), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read(str(path))
        expected = message.format(line=line, next=line + 1, key=first.partition(":")[0])
        assert str(caught.value).startswith(f"{path}:{expected}")
        assert "\n" not in str(caught.value)
        assert str(caught.value).encode("utf-8")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", ":1: a {what} is a page of `key: value` lines; this one is empty"),
            (b"# only a comment\n", ":1: a {what} is a page of `key: value` lines; this one is empty"),
            (b"- a\n- b\n", ":1: a {what} is a page of `key: value` lines; this is a list"),
            (b"just words", ":1: a {what} is a page of `key: value` lines; this is a single value"),
            (b"name: \xff\xfe\n", ": not a text file in UTF-8; save it as one"),
            (b"a" * (LARGEST_BYTES + 1), f": {LARGEST_BYTES + 1} bytes, a {{what}} has at most "),
            (b"[" * LARGEST_BYTES, f":1: nested more than {DEEPEST} deep"),
            (b"a: " + b"{a: " * (LARGEST_BYTES // 5), f":1: nested more than {DEEPEST} deep"),
            (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", ":1: anchors (&a) are not supported"),
            (b"a: " + b"9" * 5000, ":1: a number of 5000 characters"),
            (b"a: 0x" + b"f" * 5000, ":1: a number of 5002 characters"),
        ],
        ids=lambda part: str(part)[:30],
    )  # fmt: skip
    def test_files_that_are_no_page(
        self, kind: tuple[str, Callable[[str], object]], tmp_path: Path, content: bytes, message: str
    ) -> None:
        text, read = kind
        what = {RECIPE: "recipe", TEMPLATE: "template", SPECS: "room spec page"}[text]
        path = tmp_path / "mine.yaml"
        path.write_bytes(content)
        started = time.process_time()
        with pytest.raises(InputError) as caught:
            read(str(path))
        assert time.process_time() - started < PATIENCE_S
        assert str(caught.value).startswith(f"{path}{message.format(what=what)}")

    def test_pages_that_extend_each_other(
        self,
        kind: tuple[str, Callable[[str], object]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        _, read = kind
        monkeypatch.chdir(tmp_path)
        Path("a.yaml").write_text("name: a\nextends: b.yaml\n")
        Path("b.yaml").write_text("extends: ./a.yaml\n")
        message = r"^b\.yaml:1: \./a\.yaml extends itself, by way of a\.yaml and b\.yaml; leave out one"
        with pytest.raises(InputError, match=message):
            read("a.yaml")


class TestFinding:
    def test_bundled_pages_have_the_names_of_their_files(self, folder: Path) -> None:
        assert list_pages(folder) == ["plain", "wide"]
        assert find_page("wide", folder, "plan", PlanError)[0] == "wide.yaml"

    def test_an_unknown_name_gets_the_nearest_one(self, folder: Path) -> None:
        with pytest.raises(PlanError, match="no plan is called 'plian'; did you mean 'plain'"):
            load_page("plian", folder, "plan", PlanError)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("none.yaml", "none.yaml: cannot be read (No such file or directory); check the path"),
            ("folder.yaml", "folder.yaml: not a file; name a YAML file"),
            ("a\0b.yaml", "a\\x00b.yaml: not a file name; check the path"),
            ("x" * 5000 + ".yaml", "x"),
        ],
    )
    def test_a_file_that_cannot_be_read(
        self, load: Callable[[str], Page], folder: Path, name: str, message: str
    ) -> None:
        Path("folder.yaml").mkdir()
        with pytest.raises(PlanError) as caught:
            load_page(name, folder, "plan", PlanError)
        assert str(caught.value).startswith(message)
        quoted = name.replace("\0", "\\0")
        assert refusal(load, f'extends: "{quoted}"\n').startswith(f"mine.yaml:1: extends: {message}")


class TestExtending:
    def test_mappings_are_merged_and_other_values_replaced(self, load: Callable[[str], Page]) -> None:
        page = load("extends: wide\nname: mine\nshape: {colours: [green]}\n")
        assert page.values == {
            "name": "mine",
            "count": 3,
            "shape": {"kind": "square", "side_m": 9, "colours": ["green"]},
        }

    def test_another_kind_takes_nothing(self, load: Callable[[str], Page]) -> None:
        page = load("extends: plain\nshape: {kind: round, radius_m: 1}\n")
        assert page.values["shape"] == {"kind": "round", "radius_m": 1}

    def test_the_same_kind_takes_what_is_not_given(self, load: Callable[[str], Page]) -> None:
        page = load("extends: plain\nshape: {kind: square, side_m: 5}\n")
        assert page.values["shape"] == {"kind": "square", "side_m": 5, "colours": ["red", "blue"]}

    @pytest.mark.parametrize(("kind", "side_m"), [("square", 4), ("round", None)])
    def test_a_base_that_names_no_kind_has_the_default_one(
        self, load: Callable[[str], Page], kind: str, side_m: int | None
    ) -> None:
        Path("base.yaml").write_text("name: base\nshape: {side_m: 4}\n")
        page = load(f"extends: base.yaml\nshape: {{kind: {kind}}}\n")
        assert page.values["shape"].get("side_m") == side_m

    def test_a_file_may_extend_the_bundled_page_of_its_own_name(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder.parent)
        Path("plain.yaml").write_text("extends: plain\ncount: 8\n")
        page = load_page("plain.yaml", folder, "plan", PlanError)
        assert (page.values["name"], page.values["count"]) == ("plain", 8)

    @pytest.mark.parametrize("value", ["5", "", "[plain]", "yes", "{a: b}"])
    def test_only_a_name_can_be_extended(self, load: Callable[[str], Page], value: str) -> None:
        message = refusal(load, f"name: mine\nextends: {value}\n")
        assert message == "mine.yaml:2: extends needs the name of a plan, or a YAML file of yours"

    def test_a_mistake_in_the_base_names_both_pages(self, load: Callable[[str], Page]) -> None:
        Path("base.yaml").write_text("name: base\ncount: 1\ncount: 2\n")
        message = refusal(load, "name: mine\nextends: base.yaml\n")
        assert message.startswith("mine.yaml:2: extends: base.yaml:3: count is given twice")


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("count: 0", "mine.yaml:2: count: input should be greater than or equal to 1 (given: 0)"),
            ("cuont: 1", "mine.yaml:2: unknown key cuont; did you mean count?"),
            ("extend: plain", "mine.yaml:2: unknown key extend; did you mean extends?"),
            (
                "shape: {kind: rund}",
                "mine.yaml:2: shape.kind: there is no 'rund'; did you mean round? Known: round, square",
            ),
            ("shape: {kind: round}", "mine.yaml:2: shape.radius_m: field required"),
            (
                "shape:\n  kind: round\n  radius_m: -1",
                "mine.yaml:4: shape.radius_m: input should be greater than 0 (given: -1)",
            ),
            (
                "shape:\n  kind: round\n  radios_m: 1",
                "mine.yaml:2: shape.radius_m: field required; "
                "mine.yaml:4: unknown key shape.radios_m; did you mean radius_m?",
            ),
            (
                "shape:\n  kind: square\n  colours:\n  - red\n  - 5",
                "mine.yaml:6: shape.colours.1: input should be a valid string (given: 5)",
            ),
            (
                "shapes:\n  door: {}\n  wall: {sid_m: 1}",
                "mine.yaml:4: unknown key shapes.wall.sid_m; did you mean side_m?",
            ),
            (
                "steps:\n- {kind: round, radius_m: 1}\n- kind: round\n  radius: 1",
                "mine.yaml:4: steps.1.radius_m: field required; "
                "mine.yaml:5: unknown key steps.1.radius; did you mean radius_m?",
            ),
            ("shape: round", "mine.yaml:2: shape: input should be a valid dictionary"),
            ("count: " + "x" * 200, "(given: '" + "x" * 59 + "...)"),
        ],
    )
    def test_a_mistake_has_its_line_and_key(
        self, load: Callable[[str], Page], text: str, message: str
    ) -> None:
        assert message in refusal(load, f"name: mine\n{text}\n")

    def test_all_mistakes_are_reported_in_the_order_of_lines(self, load: Callable[[str], Page]) -> None:
        message = refusal(load, "# mine\nsteps: 5\nshape: {side_m: 0}\ncount: [x]\n")
        lines = [part.split(":")[1] for part in message.split("; ") if part.startswith("mine.yaml:")]
        assert lines == sorted(lines)
        assert set(lines) == {"2", "3", "4"}

    def test_mistakes_in_inherited_values_name_the_base(self, load: Callable[[str], Page]) -> None:
        Path("base.yaml").write_text("name: base\nshape: {kind: square,\n  side_m: 0}\nsteps: [{}, {}]\n")
        message = refusal(load, "extends: base.yaml\nsteps: [{}]\ncount: 0\n")
        found = [part.split(": ")[:2] for part in message.split("; ")]
        assert ["mine.yaml:2", "steps.0.radius_m"] in found
        assert ["mine.yaml:3", "count"] in found
        assert found[-1] == ["base.yaml:3", "shape.side_m"]

    def test_values_become_the_model(self, load: Callable[[str], Page]) -> None:
        page = load("extends: plain\nname: 'yes'\ncount: [1, 2]\n")
        assert validate(page, Plan) == Plan(
            name="yes", count=(1, 2), shape=Square(side_m=2, colours=("red", "blue"))
        )
        assert page.where() == "mine.yaml:1"
        assert page.where(("count", 1)) == "mine.yaml:3"
        assert page.where(("shape", "side_m")) == "plain.yaml:6"
        assert page.where(("shape", "radius_m")) == "plain.yaml:4"
