"""`simgen bench houses` in a tiny form, and how its results are added up."""

import json

import pytest
from click.testing import CliRunner

from simgen.bench.houses import SampledHouse, houses_table, summarize
from simgen.cli import main
from simgen.errors import HouseError


def _found(seconds: float, rooms: int = 2, sha256: str = "a", failure: str = "") -> SampledHouse:
    return SampledHouse(seconds, rooms, seconds / 2.0, sha256, failure, seconds + 0.1)


OURS = {
    0: _found(0.5),
    1: _found(1.0, rooms=4),
    2: _found(3.0, failure="RoomsNotNavigable"),
    3: _found(0.1, 0, "x", "E"),
}
THEIRS = {0: _found(5.0), 1: _found(20.0, rooms=4, sha256="b"), 3: _found(0.2, 0, "x", "E")}


def test_medians_are_of_the_seeds_that_gave_a_house() -> None:
    results = summarize(OURS, THEIRS)
    assert results["median_s"] == 1.0  # of 0.5, 1 and 3
    assert results["upstream_median_s"] == 12.5  # of 5 and 20
    assert results["ratio"] == 16.67  # 12.5 by the median of 0.5 and 1, the same two houses
    assert results["cpu_median_s"] == 0.5
    assert results["s_per_valid_house"] == 2.3  # 4.6 s for two


def test_a_house_that_differs_is_counted_and_named() -> None:
    results = summarize(OURS, THEIRS)
    assert (results["equal"], results["compared"], results["different_seeds"]) == (2, 3, [1])
    assert results["failures"] == {"RoomsNotNavigable": 1, "E": 1}
    assert "equal to upstream's: 2 of 3" in houses_table(
        {**results, "start_s": 3.0, "cpu": "any", "cores": 2}
    )


def test_without_upstream_there_is_no_ratio() -> None:
    results = summarize(OURS, {})
    assert (results["upstream_median_s"], results["ratio"], results["compared"]) == (None, None, 0)
    assert "faster" not in houses_table({**results, "start_s": 3.0, "cpu": "any", "cores": 2})


def test_no_house_at_all_is_an_error() -> None:
    with pytest.raises(HouseError, match="any of 1 seeds: E"):
        summarize({0: OURS[3]}, {})


@pytest.mark.slow
def test_the_command_compares_whole_houses() -> None:
    done = CliRunner().invoke(main, ["bench", "houses", "--count", "1", "--upstream", "1", "--json"])
    assert done.exit_code == 0, done.output
    results = json.loads(done.stdout)
    assert {"median_s", "upstream_median_s", "ratio", "equal", "compared"} <= results.keys()
    assert (results["equal"], results["compared"], results["sampled"]) == (1, 1, 1)
    assert results["ratio"] > 1.0
    assert results["process_median_s"] > results["median_s"]
