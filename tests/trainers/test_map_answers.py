"""The answer that follows from a map, for maps that a model may draw. Gaps of boxes are by hand."""

import pytest

from simgen.qa.skills.facts import Ask
from simgen.scoring import MapObject
from simgen.trainers.map_answers import FARTHEST_M, MOST_ENTRIES, MapQuestion, answer_from_map

GAP = MapQuestion("absolute_distance", Ask(("1|0", "1|2")), ("fridge", "chair2"))
FRIDGE = MapObject("fridge", (0.0, 0.0, 1.0, 1.0))


def chair(x_min: float, name: str = "chair2") -> MapObject:
    """A chair of 1 m by 1 m on the right of the fridge."""
    return MapObject(name, (x_min, 0.0, x_min + 1.0, 1.0))


@pytest.mark.parametrize(("true_answer", "expected"), [("7", "2"), ("7.5", "2.3"), ("7.50", "2.30")])
def test_the_answer_has_the_decimals_of_the_true_one(true_answer: str, expected: str) -> None:
    assert answer_from_map(GAP, [FRIDGE, chair(3.3)], "metres", true_answer) == expected


def test_names_are_compared_without_case_and_spaces() -> None:
    assert answer_from_map(GAP, [FRIDGE, chair(3.0, " Chair 2")], "metres", "1.0") == "2.0"
    assert answer_from_map(GAP, [FRIDGE, chair(3.0, "chair")], "metres", "1.0") is None


@pytest.mark.parametrize("entries", [None, [], [FRIDGE], [chair(3.0)]])
def test_a_map_that_lacks_an_entry_gives_no_answer(entries: list[MapObject] | None) -> None:
    assert answer_from_map(GAP, entries, "metres", "1.0") is None


def test_a_map_larger_than_any_house_gives_no_answer() -> None:
    assert answer_from_map(GAP, [FRIDGE, chair(FARTHEST_M - 1.0)], "metres", "1.0") == "98.0"
    assert answer_from_map(GAP, [FRIDGE, chair(FARTHEST_M)], "metres", "1.0") is None
    fill = [MapObject(f"bed{number}", FRIDGE.bbox) for number in range(MOST_ENTRIES - 2)]
    assert answer_from_map(GAP, [FRIDGE, chair(3.0), *fill], "metres", "1.0") == "2.0"
    assert answer_from_map(GAP, [FRIDGE, chair(3.0), FRIDGE, *fill], "metres", "1.0") is None


def test_maps_are_read_to_the_millimetre() -> None:
    assert answer_from_map(GAP, [FRIDGE, chair(3.0004)], "metres", "1.0000") == "2.0000"
    assert answer_from_map(GAP, [FRIDGE, chair(3.0006)], "metres", "1.0000") == "2.0010"
