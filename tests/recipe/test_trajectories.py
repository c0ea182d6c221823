"""Each kind of trajectory has its own fields and refuses others."""

from pathlib import Path
from typing import get_args

import pytest

from simgen.errors import RecipeError
from simgen.recipe import (
    CameraSpec,
    Handheld,
    Keyframes,
    LookAround,
    Recipe,
    Trajectory,
    VisibilitySpec,
    Walkthrough,
    load_recipe,
)

KINDS = tuple(
    get_args(section.model_fields["kind"].annotation)[0] for section in get_args(get_args(Trajectory)[0])
)
PAGE = Path(__file__).parents[2] / "docs" / "trajectories.md"


def loaded(tmp_path: Path, text: str) -> Recipe:
    file = tmp_path / "mine.yaml"
    file.write_text(f"name: mine\n{text}")
    return load_recipe(str(file))


def test_every_kind_has_a_row_in_the_documentation() -> None:
    assert len(KINDS) > 5
    page = PAGE.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"| `{kind}`" not in page] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_defaults_and_survives_a_json_round_trip(tmp_path: Path, kind: str) -> None:
    recipe = loaded(tmp_path, f"trajectory: {{kind: {kind}}}\n")
    assert recipe.trajectory.kind == kind
    assert Recipe.model_validate_json(recipe.to_json()) == recipe


def test_no_two_kinds_share_a_hash(tmp_path: Path) -> None:
    assert len({loaded(tmp_path, f"trajectory: {{kind: {kind}}}\n").sha256() for kind in KINDS}) == len(KINDS)
    assert loaded(tmp_path, "trajectory: {kind: walkthrough}\n").sha256() == loaded(tmp_path, "").sha256()


@pytest.mark.parametrize(
    ("trajectory", "message"),
    [
        (
            "kind: keyframes, step_m: 0.2",
            "unknown key trajectory.step_m; known: kind, frames, room, horizon_deg",
        ),
        ("kind: room_to_room, room: Kitchen", "unknown key trajectory.room"),
        ("kind: object_orbit, objekt: Sofa", "unknown key trajectory.objekt; did you mean object?"),
        ("kind: orbit", "trajectory.kind: there is no 'orbit'; did you mean object_orbit?"),
        ("kind: keyframes, frames: 5", "trajectory.frames: input should be 1, 4, 8, 12 or 16"),
        ("kind: look_around, frames: 10", "10 frames of 15 degrees make no full circle"),
        ("kind: object_orbit, nearest_m: 2, farthest_m: 2", "leave at least 0.125 between them"),
        ("stops: 3", "unknown key trajectory.stops; known: kind, frames, room, step_m"),
        ("step_m: 0.1", "trajectory.step_m: input should be greater than or equal to 0.125"),
    ],
)
def test_fields_that_a_kind_does_not_have_are_refused(tmp_path: Path, trajectory: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        loaded(tmp_path, f"trajectory: {{{trajectory}}}\n")
    assert "mine.yaml:2: " in str(caught.value)
    assert message in str(caught.value)


def test_another_kind_inherits_nothing_from_the_extended_recipe(tmp_path: Path) -> None:
    recipe = loaded(tmp_path, "extends: kitchen_walkthrough\ntrajectory: {kind: keyframes}\n")
    assert recipe.trajectory == Keyframes(kind="keyframes")
    same = loaded(tmp_path, "extends: kitchen_walkthrough\ntrajectory: {kind: walkthrough, frames: 5}\n")
    assert same.trajectory == load_recipe("kitchen_walkthrough").trajectory.replace(frames=5)


def test_visibility_changes_the_hash_only_of_kinds_that_plan_by_it() -> None:
    strict = VisibilitySpec(min_visible_px=200)
    for trajectory, decides in ((Walkthrough(), False), (LookAround(kind="look_around"), True)):
        recipe = Recipe(name="mine", trajectory=trajectory)
        other = recipe.replace(visibility=strict)
        assert (other.sha256() != recipe.sha256()) == decides


def test_a_camera_that_the_agent_cannot_have_is_recognised() -> None:
    assert CameraSpec(fov_deg=60).is_the_agents
    assert not CameraSpec(height_m=1.2).is_the_agents
    assert not CameraSpec(handheld=Handheld()).is_the_agents


def test_heights_that_the_agent_does_not_clear_are_refused(tmp_path: Path) -> None:
    for camera in ("height_m: 2.5", "handheld: {position_m: 0.2}"):
        with pytest.raises(RecipeError, match=r"mine\.yaml:2: camera\."):
            loaded(tmp_path, f"camera: {{{camera}}}\n")
