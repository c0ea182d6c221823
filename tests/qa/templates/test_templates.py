from importlib import resources
from pathlib import Path

import pytest
import yaml

from simgen.errors import TemplateError
from simgen.qa.skills import SKILLS
from simgen.qa.templates.jinja import render_text
from simgen.qa.templates.loading import PACKAGE, list_template_ids, load_templates

GOOD = """\
id: mine
group: own
version: 1
skill: absolute_distance
answer: {kind: metres}
phrasings:
  - How far is the {{ a }} from the {{ b }} in meters?
  - What is the gap between {{ a }} and {{ b }}, in meters?
  - "{{ a | capitalize }} to {{ b }}: how many meters?"
think: The gap is {{ value | m }} m.
"""


def load(tmp_path: Path, text: str) -> str:
    """The id of a template, or the error without the folder."""
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        return load_templates([str(path)])[0].id
    except TemplateError as error:
        return str(error).replace(f"{tmp_path}/", "")


def test_every_bundled_yaml_loads() -> None:
    folder = Path(str(resources.files(PACKAGE)))
    paths = sorted(folder.rglob("*.y*ml"))
    assert len(paths) >= 5
    ids = [load_templates([str(path)])[0].id for path in paths]
    assert ids == list_template_ids() == [path.stem for path in paths]


def test_every_bundled_yaml_opens_with_the_command_that_runs_it() -> None:
    for path in Path(str(resources.files(PACKAGE))).rglob("*.yaml"):
        assert path.read_text("utf-8").startswith(f"# simgen qa --templates {path.stem}\n")


def test_the_group_has_all_distance_questions_in_the_benchmarks_words() -> None:
    by_id = {template.id: template for template in load_templates(["distance"])}
    assert {"absolute_distance", "center_distance", "relative_distance", "camera_distance"} <= set(by_id)
    qvs = "Measuring from the closest points between the two objects, what is the distance between the "
    assert by_id["absolute_distance"].phrasings[0].startswith(qvs)
    assert all(len(set(template.phrasings)) >= 5 for template in by_id.values())


def test_every_skill_has_a_template() -> None:
    assert {template.skill for template in load_templates(list_template_ids())} == set(SKILLS)


def test_names_are_merged_in_order() -> None:
    names = [template.id for template in load_templates(["center_distance", "distance", "center_distance"])]
    assert names[0] == "center_distance"
    assert len(set(names)) == len(names) == len(load_templates(["distance"]))


def test_a_file_can_be_named(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == "mine"


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(
        TemplateError, match="no template or group is called 'distnace'; did you mean 'distance'"
    ):
        load_templates(["distnace"])


def test_a_missing_file() -> None:
    with pytest.raises(TemplateError, match=r"nowhere\.yaml: cannot be read"):
        load_templates(["nowhere.yaml"])


def test_two_different_templates_of_one_id(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("id: mine", "id: absolute_distance"), encoding="utf-8")
    with pytest.raises(TemplateError, match="'absolute_distance' is given twice"):
        load_templates(["distance", str(path)])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 0", "mine.yaml:3: version: input should be greater than or equal to 1"),
        (
            "group: own",
            "grup: own",
            "mine.yaml:1: group: field required; mine.yaml:2: unknown key grup; did you mean",
        ),
        ("kind: metres", "kind: yards", "mine.yaml:5: answer.kind: input should be 'metres'"),
        ("kind: metres", "kind: choice", "mine.yaml:5: skill 'absolute_distance' answers with kind metres"),
        ("skill: absolute", "skill: absolut", "mine.yaml:4: no skill 'absolut_distance'; did you mean"),
        ("id: mine", "id: My Own", "mine.yaml:1: id: string should match pattern"),
        ("version: 1", "version: [1", "mine.yaml:4: not valid YAML"),
        ("version: 1", "version: 1\nversion: 2", "mine.yaml:4: version is given twice; keep one"),
        (
            "{{ b }} in",
            "{{ c }} in",
            "mine.yaml:7: Jinja: unknown variable 'c'; use one of a, b, frame_count",
        ),
        ("{{ b }} in", "{{ value }} in", "mine.yaml:7: Jinja: unknown variable 'value'"),
        ("{{ b }} in", "{{ b in", "mine.yaml:7: Jinja: unexpected"),
        ("{{ b }} in", "{{ ''.__class__ }} in", "mine.yaml:7: Jinja: attributes that begin with '_'"),
        ("{{ b }} in", "{{ b['__class__'] }} in", "mine.yaml:7: Jinja: attributes that begin with '_'"),
        ("{{ b }} in", "{{ b | attr('x') }} in", "mine.yaml:7: Jinja: No filter named 'attr'."),
        ("{{ b }} in", "{{ lipsum() }} in", "mine.yaml:7: Jinja: unknown variable 'lipsum'"),
        ("  - How far is", "  - {{ a }}:", "mine.yaml:7: "),
        ("id: mine", "id: {{ mine }}", "mine.yaml:1: a key must be a word; put quotes around a text"),
        (
            "id: mine",
            "id: !!python/name:os.system mine",
            "mine.yaml:1: tags (!!python/name:os.system) are not supported",
        ),
        ("id: mine", "id: 2024-99-99", "mine.yaml:1: id: string should match pattern"),
        ("{{ value | m }}", "{{ valeu | m }}", "mine.yaml:10: Jinja: unknown variable 'valeu'"),
        ("{{ value | m }}", "{% include '/etc/passwd' %}", "mine.yaml:10: Jinja: 'include' is not allowed"),
    ],
)
def test_mistakes_name_the_file_the_line_and_the_cure(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    error = load(tmp_path, GOOD.replace(old, new, 1))
    assert error.startswith(message)
    assert "\n" not in error


EXTENDED = """\
extends: absolute_distance
id: coarse
margins: {map_score: 0.5}
"""


def test_a_template_can_extend_a_bundled_one(tmp_path: Path) -> None:
    (tmp_path / "coarse.yaml").write_text(EXTENDED, encoding="utf-8")
    (mine,), (base,) = load_templates([str(tmp_path / "coarse.yaml")]), load_templates(["absolute_distance"])
    assert (mine.id, mine.phrasings, mine.answer) == ("coarse", base.phrasings, base.answer)
    assert (mine.margins.map_score, mine.margins.smallest) == (0.5, base.margins.smallest)


def test_a_template_cannot_extend_nothing(tmp_path: Path) -> None:
    error = load(tmp_path, EXTENDED.replace("absolute_distance", "absolute"))
    nearest = "no template is called 'absolute'; did you mean 'absolute_distance'? Bundled: "
    assert error.startswith(f"mine.yaml:1: extends: {nearest}")


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).startswith("mine.yaml:1: a template is a page of `key: value` lines; this")


def test_two_phrasings_are_too_few(tmp_path: Path) -> None:
    fields = yaml.safe_load(GOOD)
    fields["phrasings"].pop()
    assert "phrasings: tuple should have at least 3 items" in load(tmp_path, yaml.safe_dump(fields))


@pytest.mark.parametrize(
    "text", ["{{ a['__cl' ~ 'ass__'] }}", "{{ a.nothing }}", "{{ a | m }}", "{{ missing }}"]
)
def test_mistakes_that_only_rendering_finds_are_errors_too(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^here: "):
        render_text(text, {"a": "sofa"}, "here")
