"""The log of the order: what it records, what it refuses, and the rows that a sampler reads from it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from torch.utils.data import SequentialSampler

from simgen.errors import InputError
from simgen.trainers.train.order import OrderLog, OrderSampler, list_switches
from simgen.trainers.train.plan import FixedPlan
from tests.trainers.phases import parse_order

NAMES = ["a", "b", "c", "d"]


def make_log(per_batch: int = 2) -> OrderLog:
    """Two batches of two rows, or one of four; each batch is a stage."""
    samples = np.array([3, 1, 0, 3]).reshape(-1, per_batch)
    return OrderLog(FixedPlan(samples, np.arange(len(samples))), NAMES)


def test_a_sampler_reads_the_planned_rows() -> None:
    order = make_log()
    sampler = OrderSampler(SequentialSampler(order), order)
    assert (len(sampler), list(sampler)) == (4, [3, 1, 0, 3])


def test_a_batch_is_complete_when_all_its_parts_came() -> None:
    order = make_log()
    order.record([3])
    assert order.lines == []
    order.record([1])
    order.record([0, 3])
    assert [line.seen for line in order.lines] == [["d", "b"], ["a", "d"]]
    assert list_switches(order.lines) == [(0, 1), (1, 2)]


def test_other_rows_than_the_planned_ones_are_an_error() -> None:
    with pytest.raises(InputError, match="batch 0 are not the planned ones"):
        make_log().record([1, 3])


def test_a_resumed_log_goes_on_where_the_file_ends(tmp_path: Path) -> None:
    order, resumed = make_log(), make_log()
    order.record([3, 1], [0.25, 1.0], [0.5, 0.0])
    order.save(tmp_path / "order.jsonl")
    resumed.load(tmp_path / "order.jsonl")
    resumed.record([0, 3])
    order.record([0, 3])
    assert resumed.lines == order.lines
    order.save(tmp_path / "order.jsonl")
    assert parse_order(tmp_path / "order.jsonl") == order.lines


def test_a_file_of_another_number_of_processes_is_refused(tmp_path: Path) -> None:
    order = make_log()
    order.record([3, 1])
    order.save(tmp_path / "order.jsonl")
    with pytest.raises(InputError, match=r"batches of 2 samples, and now one has 4; resume it on as many"):
        make_log(per_batch=4).load(tmp_path / "order.jsonl")


def test_a_generation_that_serves_two_steps_starts_at_every_other_step() -> None:
    samples = np.array([[0], [1], [2]])
    order = OrderLog(FixedPlan(samples, np.zeros(3, np.int64)), NAMES, steps_per_batch=Fraction(2))
    for row in range(3):
        order.record([row])
    assert [line.step for line in order.lines] == [1, 3, 5]
