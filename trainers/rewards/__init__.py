"""The rewards of GRPO: plain functions from completions and the columns of a data set to scores from 0 to 1.

table         `REWARDS`, the table of all rewards; reads a recipe's weights
answer        accuracy, format, length
layout        map and map_gated: the response's map against the true one
consistency   consistency: map, thought and answer of a response against each other

TRL calls a reward with the completions and, by keyword, with one list for each column of the data set (see
`samples.build_dataset`). The column `target` holds the text that the model should have written; most rewards
need no other. No reward raises or leaves its range, whatever the completion is.
"""

from simgen.trainers.rewards.table import REWARDS, Reward, Weights, choose_rewards

__all__ = ["REWARDS", "Reward", "Weights", "choose_rewards"]
