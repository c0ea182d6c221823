"""The choice of held-out rows."""

from collections import Counter

from simgen.trainers.eval.held_out import choose_held_out, share_equally
from tests.trainers.eval.rows import make_row

ROWS = [
    make_row(f"{template}{house}{number}", template=template, clip=f"demo-{house}-0", split=split)
    for template, houses in (("near", 6), ("far", 3))
    for house in range(houses)
    for number in range(4)
    for split in ("test" if house % 2 else "val",)
]


def test_templates_and_houses_get_equal_numbers() -> None:
    chosen = choose_held_out(ROWS, 12)
    assert Counter(row.template for row in chosen) == {"near": 6, "far": 6}
    assert Counter(row.clip for row in chosen if row.template == "near") == {
        f"demo-{house}-0": 1 for house in range(6)
    }
    assert Counter(row.clip for row in chosen if row.template == "far") == {
        f"demo-{house}-0": 2 for house in range(3)
    }


def test_a_larger_choice_holds_the_smaller_and_keeps_the_order() -> None:
    few, many = (choose_held_out(ROWS, most) for most in (7, 20))
    assert {row.id for row in few} <= {row.id for row in many}
    assert many == [row for row in ROWS if row in many]
    assert set(choose_held_out(ROWS[::-1], 7)) == set(few)


def test_one_split_or_both() -> None:
    assert {row.split for row in choose_held_out(ROWS)} == {"val", "test"}
    assert {row.split for row in choose_held_out(ROWS, split="test")} == {"test"}
    assert len(choose_held_out(ROWS)) == len(ROWS)
    assert choose_held_out([make_row("q", split="train")]) == []


def test_shares_are_equal_while_they_last() -> None:
    assert share_equally({"a": 9, "b": 1, "c": 9}, 8) == {"a": 4, "b": 1, "c": 3}
    assert share_equally({"a": 2, "b": 1}, 8) == {"a": 2, "b": 1}
    assert share_equally({"a": 2, "b": 1}, 1) == {"a": 1, "b": 0}
    assert share_equally({}, 5) == {}
