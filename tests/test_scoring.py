import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.scoring import (
    BBox,
    MapObject,
    Response,
    box_iou,
    format_score,
    mean_relative_accuracy,
    parse_map,
    parse_number,
    score_answer,
    score_map,
    split_response,
)
from simgen.types import AnswerKind

OPTIONS = ("fridge", "Sofa", "dining table", "tv stand")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.2 m", 1.2),
        ("1,2", 1.2),
        ("about 1.2 metres", 1.2),
        ("-0.5", -0.5),
        ("\N{MINUS SIGN}0.5 m", -0.5),
        ("1,200.5", 1200.5),
        ("1, 2", 1.0),
        ("1,2,3", 1.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("The distance is 2.", 2.0),
        ("≈3.1m", 3.1),
        ("1e2", 100.0),
        ("between 2-3", 2.0),
        ("x1 is 4", 4.0),
        ("none", None),
        ("", None),
        ("1e999", None),
    ],
)
def test_numbers_in_text(text: str, value: float | None) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("predicted", "true", "score"),
    [
        (3.0, 3.0, 1.0),
        (3.3, 3.0, 0.9),  # 10 % off: all thresholds up to 0.9
        (2.7, 3.0, 0.9),
        (1.5, 1.0, 0.1),  # 50 % off: only the threshold 0.5
        (1.51, 1.0, 0.0),
        (0.0, 1.0, 0.0),
        (-3.0, -3.0, 1.0),
        (-3.3, -3.0, 0.9),
        (0.0, 0.0, 1.0),
        (0.19, 0.0, 0.7),  # absolute: 0.5 to 0.8
    ],
)
def test_mean_relative_accuracy(predicted: float, true: float, score: float) -> None:
    assert mean_relative_accuracy(predicted, true) == pytest.approx(score)


@given(true=st.floats(0.1, 100), error=st.floats(0, 0.9), scale=st.floats(0.1, 10))
def test_accuracy_does_not_depend_on_the_unit_and_falls_with_the_error(
    true: float, error: float, scale: float
) -> None:
    score = mean_relative_accuracy(true * (1 + error), true)
    # Floating point may move a value across one threshold.
    assert mean_relative_accuracy(true * scale * (1 + error), true * scale) == pytest.approx(
        score, abs=0.1001
    )
    assert mean_relative_accuracy(true * (1 + error / 2), true) >= score


@pytest.mark.parametrize(
    "text", ["B", "b", "B.", "(b)", "(B) Sofa", "B) sofa", "B: sofa", "sofa", " the SOFA. "]
)
def test_choices_that_name_the_sofa(text: str) -> None:
    assert score_answer(text, "B", "choice", OPTIONS) == 1.0
    assert score_answer(text, "sofa", "choice", OPTIONS) == 1.0
    assert score_answer(text, "C", "choice", OPTIONS) == 0.0


@pytest.mark.parametrize("text", ["", "A", "B) fridge", "A) sofa", "sofa or fridge", "bed", "BB"])
def test_choices_that_do_not(text: str) -> None:
    assert score_answer(text, "B", "choice", OPTIONS) == 0.0


def test_choices_without_spaces_as_maps_write_them() -> None:
    assert score_answer("diningtable", "C", "choice", OPTIONS) == 1.0


@pytest.mark.parametrize(
    ("predicted", "kind", "score"),
    [
        ("2.2 m", "metres", 0.9),
        ("220", "centimetres", 0.0),
        ("2", "count", 1.0),
        ("none", "count", 0.0),
        (None, "metres", 0.0),
        (None, "choice", 0.0),
    ],
)
def test_answers_against_two(predicted: str | None, kind: AnswerKind, score: float) -> None:
    assert score_answer(predicted, "2.0", kind) == pytest.approx(score)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("fridge, tv stand, sofa", 1.0),
        ("Fridge -> tvstand → the sofa", 1.0),
        ("A, D, B", 1.0),
        ("['fridge', 'tv stand', 'sofa']", 1.0),
        ("fridge, sofa, tv stand", 0.0),
        ("fridge, tv stand", 0.0),
    ],
)
def test_orders_are_exact(text: str, score: float) -> None:
    assert score_answer(text, "fridge, tv stand, sofa", "order", OPTIONS) == score


def test_a_response_is_split() -> None:
    text = "<map>[]</map><think>a\nb</think><answer> 1.2 </answer>"
    assert split_response(text) == Response("[]", "a\nb", "1.2")
    assert split_response("<answer>1</answer> <answer>2</answer>") == Response(None, None, "1")
    assert split_response("<map>[]<think>") == Response(None, None, None)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("<map>[]</map><think>t</think><answer>1</answer>", 1.0),
        ("<map>[]</map>\n<think>a < b</think>\n<answer>1</answer>\n", 1.0),
        ("<think>t</think><map>[]</map><answer>1</answer>", 0.0),
        ("<map>[]</map><answer>1</answer>", 0.0),
        ("<map>[]</map><think>t</think><answer>1</answer><answer>2</answer>", 0.0),
        ("<map>[]</map><think>t<answer>1</answer></think>", 0.0),
        ("<map>[]</map><think>t</think><answer>1", 0.0),
        ("", 0.0),
    ],
)
def test_format(text: str, score: float) -> None:
    assert format_score(text) == score


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[1]",
        '[{"object_name": "a"}]',
        '[{"object_name": 1, "bbox": [0, 0, 1, 1]}]',
        '[{"object_name": "a", "bbox": [0, 0, 1]}]',
        '[{"object_name": "a", "bbox": [0, 0, 1, "1"]}]',
        '[{"object_name": "a", "bbox": [0, 0, 1, true]}]',
        '[{"object_name": "a", "bbox": [0, 0, 1, NaN]}]',
        '[{"object_name": "a", "bbox": [0, 0, 1, Infinity]}]',
        '[{"object_name": "a", "bbox": [2, 0, 1, 1]}]',
        '[{"object_name": "a", "bbox": [0, 0, 1, 1' + "0" * 400 + "]}]",
        "[" * 100_000,
    ],
)
def test_texts_that_are_no_map(text: str | None) -> None:
    assert parse_map(text) is None


def test_a_map() -> None:
    text = '[{"object_name": "fridge", "bbox": [-1, 0.5, 0, 1]}]'
    assert parse_map(text) == [MapObject("fridge", (-1.0, 0.5, 0.0, 1.0))]
    assert parse_map("[]") == []


def square(name: str, x: float, y: float = 0.0) -> MapObject:
    return MapObject(name, (x, y, x + 1.0, y + 1.0))


def test_a_perfect_map() -> None:
    true = [square("sofa", 0.0), square("chair1", 3.0), square("chair2", 6.0)]
    score = score_map(true, true)
    assert (score.mean_iou, score.center_error_m, score.recall) == (1.0, 0.0, 1.0)


def test_the_numbering_of_duplicates_is_not_scored() -> None:
    true = [square("chair1", 0.0), square("chair2", 5.0)]
    score = score_map([square("chair1", 5.0), square("Chair 2", 0.0)], true)
    assert (score.mean_iou, score.center_error_m, score.recall) == (1.0, 0.0, 1.0)


def test_a_map_by_hand() -> None:
    true = [square("sofa", 0.0), square("bed", 10.0)]
    # The sofa is half a metre off: it shares 0.5 of 1.5 square metres. There is no bed.
    score = score_map([square("sofa", 0.5), square("desk", 10.0)], true)
    assert score.mean_iou == pytest.approx((1.0 / 3.0 + 0.0) / 2.0)
    assert score.center_error_m == pytest.approx(0.5)
    assert score.recall == 0.5


def test_no_map_and_nothing_to_find() -> None:
    score = score_map(None, [square("sofa", 0.0)])
    assert (score.mean_iou, score.recall) == (0.0, 0.0)
    assert math.isnan(score.center_error_m)
    assert score_map([], []).recall == 1.0


corner = st.floats(-10, 10)
boxes = st.tuples(corner, corner, st.floats(0, 5), st.floats(0, 5)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_0_and_1(a: BBox, b: BBox) -> None:
    assert 0.0 <= box_iou(a, b) <= 1.0 + 1e-9
    assert box_iou(a, b) == pytest.approx(box_iou(b, a))
    assert box_iou(a, a) == 1.0
