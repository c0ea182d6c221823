"""Rewards as TRL calls them: by keyword, with columns it has no use for."""

from simgen.trainers.rewards import accuracy_reward, format_reward

WHOLE = "<map>[]</map><think>x</think><answer>{}</answer>"


def says(*texts: str) -> list[list[dict[str, str]]]:
    return [[{"role": "assistant", "content": text}] for text in texts]


def test_accuracy_is_mra_for_numbers_and_a_match_for_choices() -> None:
    scores = accuracy_reward(
        completions=says(WHOLE.format("3.3"), WHOLE.format("right"), WHOLE.format("A"), "3.0"),
        prompts=[None] * 4,
        answer=["3.0", "B", "B", "3.0"],
        kind=["metres", "choice", "choice", "metres"],
        options=[[], ["left", "right"], ["left", "right"], []],
    )
    # 10 % off passes nine of MRA's ten thresholds; a number outside the answer tag is no answer.
    assert scores == [0.9, 1.0, 0.0, 0.0]


def test_format_wants_all_three_parts_in_order() -> None:
    assert format_reward(completions=says(WHOLE.format("1"), "<answer>1</answer>"), answer=["1", "1"]) == [
        1.0,
        0.0,
    ]
