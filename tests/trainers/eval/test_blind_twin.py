"""The frames that a blind twin is shown."""

from hypothesis import given
from hypothesis import strategies as st

from simgen.trainers.eval.blind_twin import show_other_houses
from tests.trainers.eval.rows import make_row

Places = list[tuple[int, int, int]]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.sampled_from((1, 4))), max_size=30),
    st.integers(0, 3),
)
def test_no_house_is_shown_its_own_frames(places: Places, seed: int) -> None:
    rows = [
        make_row(f"q{index}", clip=f"demo-{house}-{clip}", frames=tuple(range(clip, clip + count)))
        for index, (house, clip, count) in enumerate(places)
    ]
    houses = [f"house {house}" for house, _, _ in places]
    house_of = {row.clip: house for row, house in zip(rows, houses, strict=True)}
    shown_to: dict[tuple[str, int], set[str]] = {}
    for row, house, twin in zip(rows, houses, show_other_houses(rows, houses, seed), strict=True):
        alike = {h for r, h in zip(rows, houses, strict=True) if len(r.frames) == len(row.frames)}
        if twin is None:
            assert alike == {house}
            continue
        assert house_of[twin.clip] in alike - {house}
        assert len(twin.frames) == len(row.frames)
        assert twin.row == row
        shown_to.setdefault((house_of[twin.clip], len(row.frames)), set()).add(house)
    # Each house is shown to one other house.
    assert all(len(found) == 1 for found in shown_to.values())


def test_the_seed_alone_decides_which_house_is_shown() -> None:
    rows = [make_row(f"q{index}", clip=f"demo-{index}-0") for index in range(8)]
    houses = [row.clip for row in rows]
    first = show_other_houses(rows, houses)
    assert first == show_other_houses(rows, houses)
    backwards = show_other_houses(rows[::-1], houses[::-1])
    assert first == backwards[::-1]
    assert first != show_other_houses(rows, houses, seed=1)


def test_pictures_of_another_data_set_are_not_shown() -> None:
    rows = [make_row("q0", dataset="small", clip="a"), make_row("q1", dataset="large", clip="b")]
    assert show_other_houses(rows, ["a", "b"]) == [None, None]
