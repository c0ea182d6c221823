"""`simgen bench trajectories` in a tiny form: the rays hit what is in the way, and the figures add up."""

import numpy as np
import pytest

from simgen.bench import trajectories as bench
from simgen.bench.rays import Rays
from simgen.recipe import Keyframes, RandomWalk
from tests.scenes.furnished import TABLE_AT, furnished_house


@pytest.fixture(scope="module")
def rays() -> Rays:
    return Rays(furnished_house())


@pytest.mark.parametrize(
    ("start", "end", "blocked"),
    [
        ((3.8, 3.2), (4.2, 3.2), True),  # through the wall between the rooms
        ((3.8, 2.0), (4.2, 2.0), False),  # through its open door
        ((3.8, 1.6), (4.2, 1.6), True),  # its side brushes the frame
        ((0.5, 2.0), (0.7, 2.0), False),
        ((TABLE_AT[0] - 0.5, TABLE_AT[1]), (TABLE_AT[0] - 0.25, TABLE_AT[1]), True),
        ((2.0, 2.0), (2.0, 2.0), False),  # no step
    ],
)
def test_a_step_is_blocked_by_what_is_drawn_there(
    rays: Rays, start: tuple[float, float], end: tuple[float, float], blocked: bool
) -> None:
    assert rays.blocked_steps(np.array([start, end])) == int(blocked)


def test_a_place_beside_something_touches_it(rays: Rays) -> None:
    assert rays.touching_places(np.array([[0.05, 2.0], [0.5, 2.0], [3.95, 3.2]])) == 2


@pytest.mark.slow
def test_the_figures_of_a_house(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {
        "wander": RandomWalk(kind="random_walk", frames=20),
        "stills": Keyframes(kind="keyframes", frames=4),
        "nowhere": RandomWalk(kind="random_walk", frames=20, room="Bathroom"),
    }
    monkeypatch.setattr(bench, "_kinds", lambda: kinds)
    tallies = {name: bench.TrajectoryTally() for name in kinds}
    bench._measure_house(bench._recipe(1), furnished_house(), tallies)
    summaries = {name: bench._summary(tally) for name, tally in tallies.items()}
    assert summaries["wander"]["frames"] == 20
    assert 0 < summaries["wander"]["steps"] < 20
    assert summaries["wander"]["blocked_steps"] == summaries["wander"]["touching_frames"] == 0
    assert 0 < summaries["wander"]["covered"] <= 1
    assert summaries["stills"]["steps"] == 0
    assert list(summaries["stills"]["match"]) == [1, 4]
    assert summaries["nowhere"]["failures"] == {"this house has no Bathroom to walk in": 1}
    lines = bench.trajectories_table({"houses": 1, "unsampled": [], "kinds": summaries}).splitlines()
    assert [line.split()[0] for line in lines] == ["kind", "wander", "stills", "stills:", "nowhere:"]
    assert lines[-1] == "nowhere: 1 x this house has no Bathroom to walk in"
