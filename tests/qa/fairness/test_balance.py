"""The words of chosen questions predict no answers, near duplicates are asked once, clips share evenly."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from simgen.qa.fairness.balance import balance
from simgen.qa.fairness.candidates import Candidate, frame_words, value_label
from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask
from tests.qa.scenes import refusal_kind

TYPES = ("fridge", "sofa", "bed", "toaster", "lamp", "desk")


def pool_of_choices(
    seed: int, clips: int, right: Callable[[np.random.Generator, list[int]], int]
) -> list[Candidate]:
    """Which of three is nearest to a thing, 20 candidates a clip; `right` gets the options' types."""
    rng = np.random.default_rng(seed)
    pool = []
    for clip in range(clips):
        for _ in range(20):
            thing, *options = rng.permutation(len(TYPES))[:4].tolist()
            ask = Ask((f"{clip}|{thing}",), tuple(f"{clip}|{option}" for option in options))
            texts = tuple(TYPES[option] for option in options)
            answer = right(rng, options)
            pool.append(Candidate(f"clip{clip}", f"house{clip}", ask, answer, (TYPES[thing],), texts))
    return pool


def pool_of_numbers(seed: int, clips: int, spread: float) -> list[Candidate]:
    """How large a thing is, 12 candidates a clip: the mean depends on the type."""
    rng = np.random.default_rng(seed)
    pool = []
    for clip in range(clips):
        for number in range(12):
            kind = int(rng.integers(len(TYPES)))
            value = 0.5 * 1.3**kind * float(np.exp(rng.normal(0.0, spread)))
            ask = Ask((f"{clip}|{number}",))
            pool.append(Candidate(f"clip{clip}", f"house{clip}", ask, value, (TYPES[kind],)))
    return pool


def biased(rng: np.random.Generator, options: list[int]) -> int:
    """The lowest type with probability 0.55, otherwise a random one."""
    return options.index(min(options)) if rng.random() < 0.55 else int(rng.integers(len(options)))


def asked(pool: list[Candidate], count: int = 4, seed: int = 0) -> list[Candidate]:
    return [c for c, reason in zip(pool, balance(pool, count, seed), strict=True) if reason is None]


def duels(chosen: list[Candidate]) -> dict[tuple[str, str], list[int]]:
    """For each pair of options: how often the first was right, and how often the second."""
    found: dict[tuple[str, str], list[int]] = {}
    for candidate in chosen:
        assert not isinstance(candidate.answer, tuple)
        winner = candidate.options[int(candidate.answer)]
        for pair in combinations(sorted(candidate.options), 2):
            if winner in pair:
                found.setdefault(pair, [0, 0])[pair.index(winner)] += 1
    return found


def test_each_option_beats_each_other_as_often_as_it_loses() -> None:
    pool = pool_of_choices(1, 150, biased)
    before = duels(pool)
    assert min(max(won) / sum(won) for won in before.values()) > 0.55
    chosen = asked(pool)
    assert len(chosen) > 400
    for won in duels(chosen).values():
        # Within two standard deviations of fair coin tosses.
        assert abs(won[0] - won[1]) <= 2.0 * np.sqrt(sum(won))


def test_letters_are_even() -> None:
    def mostly_first(rng: np.random.Generator, options: list[int]) -> int:
        return int(rng.choice(3, p=[0.6, 0.2, 0.2]))

    chosen = asked(pool_of_choices(2, 150, mostly_first))
    letters = Counter(candidate.answer for candidate in chosen)
    assert len(chosen) > 400
    assert max(letters.values()) - min(letters.values()) < 0.1 * len(chosen)


def test_numbers_tell_nothing_of_their_type() -> None:
    pool = pool_of_numbers(3, 150, 0.5)
    chosen = asked(pool)

    def medians(candidates: list[Candidate]) -> list[float]:
        values = [[float(c.answer) for c in candidates if c.words == (kind,)] for kind in TYPES]  # type: ignore[arg-type]
        return [float(np.median(found)) for found in values if len(found) >= 10]

    assert max(medians(pool)) / min(medians(pool)) > 2.5
    assert len(chosen) > 100
    assert max(medians(chosen)) / min(medians(chosen)) < 1.5


def test_numbers_tell_less_of_what_their_words_add_up_to() -> None:
    # How many times one thing goes into another: no pair of words recurs often, but each word says something.
    rng = np.random.default_rng(10)
    pool = []
    for clip in range(200):
        for number in range(12):
            a, b = rng.integers(0, 40, 2).tolist()
            value = float(np.exp((a - b) / 40.0 + rng.normal(0.0, 0.7)))
            words = (f"thing{a}", f"thing{b}")
            pool.append(Candidate(f"clip{clip}", f"house{clip}", Ask((f"{clip}|{number}",)), value, words))

    def correlation(candidates: list[Candidate]) -> float:
        promised = [int(c.words[0][5:]) - int(c.words[1][5:]) for c in candidates]
        return float(np.corrcoef(promised, [np.log(c.answer) for c in candidates])[0, 1])

    chosen = asked(pool)
    assert correlation(pool) > 0.5
    assert len(chosen) > 700
    assert abs(correlation(chosen)) < 0.5 * correlation(pool)


def test_orders_are_even() -> None:
    rng = np.random.default_rng(4)
    pool = []
    for number in range(900):
        options = rng.permutation(len(TYPES))[:3].tolist()
        keys = [option + float(rng.normal(0.0, 3.0)) for option in options]
        order = tuple(sorted(range(3), key=keys.__getitem__))
        ask = Ask(options=tuple(f"{number}|{option}" for option in options))
        texts = tuple(TYPES[option] for option in options)
        pool.append(Candidate(f"clip{number // 10}", f"house{number // 10}", ask, order, (), texts))

    def first_share(candidates: list[Candidate]) -> float:
        """How often the lower of two types comes first."""
        sure = [
            TYPES.index(c.options[c.answer[i]]) < TYPES.index(c.options[c.answer[j]])
            for c in candidates
            if isinstance(c.answer, tuple)
            for i, j in combinations(range(3), 2)
        ]
        return float(np.mean(sure))

    chosen = asked(pool)
    assert first_share(pool) > 0.6
    assert len(chosen) > 200
    assert 0.45 < first_share(chosen) < 0.55


@pytest.mark.slow
def test_a_fair_pool_is_asked_in_full() -> None:
    pool = pool_of_choices(5, 100, lambda rng, options: int(rng.integers(3)))
    assert len(asked(pool)) > 0.95 * 4 * 100


def test_no_clip_is_asked_more_than_its_count() -> None:
    chosen = asked(pool_of_choices(6, 30, biased), count=3)
    assert max(Counter(candidate.clip for candidate in chosen).values()) <= 3


def test_objects_take_turns() -> None:
    chosen = asked(pool_of_choices(7, 100, lambda rng, options: int(rng.integers(3))))
    uses: dict[str, Counter[str]] = {}
    for candidate in chosen:
        uses.setdefault(candidate.clip, Counter()).update(candidate.ask.objects)
    # Four questions about six things: mostly each of another. Drawn blindly, the mean would be 1.82.
    assert np.mean([max(used.values()) for used in uses.values()]) < 1.75


def test_the_same_things_in_other_roles_are_asked_once() -> None:
    roles = [Ask(("a", "b")), Ask(("b", "a"))]
    pool = [Candidate("clip", "house", ask, 1.0, ("sofa", "bed")) for ask in roles]
    reasons = balance(pool, 5)
    assert sorted(reason is None for reason in reasons) == [False, True]
    (refusal,) = (found for found in reasons if found is not None)
    assert refusal.kind == "near duplicate"
    assert refusal.detail in ("of the question about a, b", "of the question about b, a")


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        # Another distractor, the same right option.
        (Candidate("c", "h", Ask(("a",), ("b", "x")), 0, ("s",), ("bed", "desk")),
         Candidate("c", "h", Ask(("a",), ("y", "b")), 1, ("s",), ("lamp", "bed")), False),
        # Another right option.
        (Candidate("c", "h", Ask(("a",), ("b", "x")), 0, ("s",), ("bed", "desk")),
         Candidate("c", "h", Ask(("a",), ("b", "y")), 1, ("s",), ("bed", "lamp")), True),
        # The next frame, the same distance; then a much larger one.
        (Candidate("c", "h", Ask(("a",), frames=(3,)), 2.0, ("s",)),
         Candidate("c", "h", Ask(("a",), frames=(4,)), 2.0, ("s",)), False),
        (Candidate("c", "h", Ask(("a",), frames=(3,)), 2.0, ("s",)),
         Candidate("c", "h", Ask(("a",), frames=(4,)), 4.0, ("s",)), True),
        # Questions about the camera alone name no things.
        (Candidate("c", "h", Ask(frames=(3, 4)), 2.0, ()),
         Candidate("c", "h", Ask(frames=(5, 9)), 2.0, ()), True),
        # The same in another clip.
        (Candidate("c", "h", Ask(("a", "b")), 2.0, ("s",)),
         Candidate("d", "h", Ask(("a", "b")), 2.0, ("s",)), True),
    ],
)  # fmt: skip
def test_near_duplicates(first: Candidate, second: Candidate, both: bool) -> None:
    refusals = balance([first, second], 5)
    assert [refusal_kind(found) for found in refusals].count("near duplicate") == (0 if both else 1)


def test_every_reason_is_one_of_three() -> None:
    reasons = Counter(refusal_kind(found) or "asked" for found in balance(pool_of_choices(8, 60, biased), 4))
    assert set(reasons) <= {"asked", "near duplicate", "balanced out", "not needed"}
    assert sum(reasons.values()) == 60 * 20


def test_an_answer_that_only_ever_wins_is_hardly_asked() -> None:
    # The fridge is always nearer, so that the answer is known without the picture.
    pool = [
        Candidate(
            f"clip{n}",
            f"house{n}",
            Ask(("a",), ("b", "c")),
            n % 2,
            ("sink",),
            (("fridge", "bed"), ("bed", "fridge"))[n % 2],
        )
        for n in range(200)
    ]
    reasons = balance(pool, 1)
    assert sum(reason is None for reason in reasons) < 10
    assert sum(refusal_kind(found) == "balanced out" for found in reasons) > 180


def test_the_very_same_words_have_each_answer_as_often() -> None:
    # A bowl is above a bed in 85 of 100 candidates, and a rug below everything.
    rng = np.random.default_rng(6)
    pool = []
    for clip in range(60):
        for number, words in enumerate([("bowl", "bed"), ("book", "desk"), ("rug", "bed")]):
            yes = words[0] != "rug" and rng.random() < 0.85
            ask = Ask((f"{clip}|{number}", f"{clip}|{number + 3}"), ("yes", "no"))
            pool.append(Candidate(f"clip{clip}", f"house{clip}", ask, 0 if yes else 1, words, ("yes", "no")))
    chosen = asked(pool)
    for words in (("bowl", "bed"), ("book", "desk")):
        answers = [candidate.answer for candidate in chosen if candidate.words == words]
        assert len(answers) >= 8
        assert abs(2 * answers.count(0) - len(answers)) <= 1
    assert not [candidate for candidate in chosen if candidate.words == ("rug", "bed")]
    reasons = {reason for c, reason in zip(pool, balance(pool, 4), strict=True) if c.words[0] == "rug"}
    assert reasons == {Refusal("balanced out", "other answers to the very same words are too few")}


def test_the_choice_is_the_same_every_time() -> None:
    pool = pool_of_choices(9, 30, biased)
    assert balance(pool, 4) == balance(pool, 4)
    assert balance([], 4) == []


def test_labels_of_numbers_and_frames() -> None:
    assert value_label(1.0) == value_label(1.05) != value_label(2.0)
    assert value_label(90.0) == value_label(-90.0)
    assert frame_words((4,)) == ("frame 4",)
    assert frame_words((2, 3))[-2:] == ("frame 2", "frame 3")
    assert frame_words((2, 3))[:-2] == frame_words((7, 8))[:-2] != frame_words((1, 9))[:-2]
    assert frame_words((2, 3))[:-2] != frame_words((3, 2))[:-2]
