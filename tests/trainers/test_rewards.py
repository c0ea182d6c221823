"""Rewards, called as TRL does: by keyword, with columns that a reward does not use."""

import pytest

from simgen.trainers import report
from simgen.trainers.rewards import REWARDS, Completion, Reward, accuracy_reward, format_reward

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


def test_rewards_add_up_to_at_most_one() -> None:
    assert sum(reward.weight for reward in REWARDS) == pytest.approx(1.0)
    assert len({reward.name for reward in REWARDS}) == len(REWARDS)


def test_the_report_follows_the_table_of_rewards(monkeypatch: pytest.MonkeyPatch) -> None:
    def length_reward(completions: list[Completion], **_: object) -> list[float]:
        return [1.0 for _ in completions]

    monkeypatch.setattr(report, "REWARDS", (*REWARDS, Reward("length", "length", length_reward, 0.5)))
    names = ("accuracy_reward", "format_reward", "length_reward")
    log = [{"reward": 0.5, **{f"rewards/{name}/mean": step / 10 for name in names}} for step in range(10)]
    fields = report.summarize_log([{"loss": 1.0}], log)
    # The first fifth of ten steps is 0.0 and 0.1, the last is 0.8 and 0.9.
    assert fields["grpo_first"]["length"] == pytest.approx(0.05)
    assert fields["grpo_last"] == pytest.approx(
        {"total": 0.5, "accuracy": 0.85, "format": 0.85, "length": 0.85}
    )
