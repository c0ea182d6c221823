"""The loss of the small model: cross-entropy in which numbers near the right one count too.

With one token a number, plain cross-entropy punishes 2.3 m for 2.2 m as hard as 20.0 m. Here the right answer
is a bell curve over the number tokens, so that the model learns from near misses.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from simgen.trainers.models.word_tokenizer import list_numbers

IGNORED = -100
"""The label of a token that is not learned, by PyTorch's convention."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberLoss:
    """Mean cross-entropy of labels; of a number token against the numbers around it."""

    ids: torch.Tensor
    """(N) the number tokens."""
    curves: torch.Tensor
    """(vocabulary, N) the right share of each number token, for a label that is a number; else zeros."""

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The loss of logits (B, L, vocabulary) and labels (B, L), of which each says the next token."""
        wanted = labels[:, 1:]
        learned = wanted != IGNORED
        label, log_shares = wanted[learned], logits[:, :-1][learned].float().log_softmax(dim=-1)
        curve = self.curves[label]
        exact = functional.nll_loss(log_shares, label, reduction="none")
        near = -(curve * log_shares[:, self.ids]).sum(dim=-1)
        return torch.where(curve.any(dim=-1), near, exact).mean()


def make_number_loss(tokenizer: Any, spread_m: float) -> NumberLoss:
    """The loss for a tokenizer with number tokens; `spread_m` is the standard deviation of the bell curve."""
    numbers = list_numbers()
    ids = torch.tensor(tokenizer.convert_tokens_to_ids(numbers))
    values = torch.tensor([float(number) for number in numbers])
    curves = torch.zeros(len(tokenizer), len(ids))
    curves[ids] = bell_curves(values, values, spread_m)
    return NumberLoss(ids, curves)


def bell_curves(values: torch.Tensor, centers: torch.Tensor, spread: float) -> torch.Tensor:
    """(len(centers), len(values)) shares that fall with the distance from a centre; each row sums to 1."""
    return (-0.5 * ((values - centers[:, None]) / spread) ** 2).softmax(dim=-1)
