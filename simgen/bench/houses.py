"""`simgen bench houses`: time to sample a house, compared with upstream's procthor on the same seeds.

"Upstream" is procthor with simgen's fixes but without its faster replacements: without the fixes, procthor
gives another house every time. Both use the embedded engine, so complete houses are compared, including small
objects.
"""

import hashlib
import json
import logging
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tqdm import tqdm

from simgen.bench.machine import core_count, cpu_name
from simgen.errors import HouseError
from simgen.parallel.pool import JobChannel, TimeLimit, run_jobs
from simgen.scenes.jobs import PRELOAD

Results = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SampledHouse:
    """The result of one seed, in a fresh process."""

    seconds: float
    """Time of sampling and of procthor's `validate`, without starting Python and imports."""
    rooms: int
    """Number of rooms; 0 if procthor gave no house."""
    cpu_s: float
    """Processor time within `seconds`. On a machine with other load, the rest is waiting."""
    sha256: str
    """SHA-256 of the house's JSON, or of the reason why there is no house."""
    failure: str = ""
    """Why there is no house, or why it is not valid."""
    process_s: float = 0.0
    """Time from forking a process that has imported procthor until its result is received."""


def bench_houses(count: int, upstream: int) -> Results:
    """Samples the seeds 0 to `count` - 1, and the first `upstream` seeds with upstream's procthor too.

    Both take turns, so that other load on the machine affects both. Raises HouseError if procthor gave no
    house at all.
    """
    start_s = _start_s()
    turns = [(seed, theirs) for seed in range(count) for theirs in (False, True)[: 1 + (seed < upstream)]]
    ours: dict[int, SampledHouse] = {}
    theirs: dict[int, SampledHouse] = {}
    with tqdm(total=len(turns), desc="houses", unit="house") as bar:
        for (seed, is_upstream), found in zip(turns, _in_turn(turns), strict=True):
            (theirs if is_upstream else ours)[seed] = found
            bar.update()
    return {**summarize(ours, theirs), "start_s": round(start_s, 3), "cpu": cpu_name(), "cores": core_count()}


def summarize(ours: Mapping[int, SampledHouse], theirs: Mapping[int, SampledHouse]) -> Results:
    """Summarizes the results of all seeds. Raises HouseError if no seed gave a house."""
    sampled = sorted((found for found in ours.values() if found.rooms), key=lambda found: found.seconds)
    if not sampled:
        raise HouseError(f"procthor gave no house for any of {len(ours)} seeds: {ours[0].failure}")
    raced = [
        (ours[seed].seconds, found.seconds)
        for seed, found in theirs.items()
        if found.rooms and ours[seed].rooms
    ]
    upstream_s = _median([their_s for _, their_s in raced])
    valid = sum(not found.failure for found in ours.values())
    different = [seed for seed, found in theirs.items() if found.sha256 != ours[seed].sha256]
    return {
        "median_s": _median([found.seconds for found in sampled]),
        "upstream_median_s": upstream_s,
        # On the houses that both sampled: `median_s` may include more seeds than upstream's median.
        "ratio": round(upstream_s / statistics.median([own_s for own_s, _ in raced]), 2)
        if upstream_s
        else None,
        "equal": len(theirs) - len(different),
        "compared": len(theirs),
        "different_seeds": different,
        "seeds": len(ours),
        "sampled": len(sampled),
        "valid": valid,
        "failures": dict(Counter(found.failure for found in ours.values() if found.failure).most_common()),
        "p90_s": round(sampled[round(0.9 * (len(sampled) - 1))].seconds, 3),
        "max_s": round(sampled[-1].seconds, 3),
        "s_per_valid_house": round(sum(found.seconds for found in ours.values()) / valid, 3)
        if valid
        else None,
        "cpu_median_s": _median([found.cpu_s for found in sampled]),
        "upstream_cpu_median_s": _median([found.cpu_s for found in theirs.values() if found.rooms]),
        "process_median_s": _median([found.process_s for found in sampled]),
        "by_rooms": _by_rooms(ours, theirs),
    }


def houses_table(results: Results) -> str:
    """The results as text: a table of medians by number of rooms, then the other figures."""
    rows = [["rooms", "houses", "median s", "upstream's"]]
    rows += [_row(rooms, *of_rooms.values()) for rooms, of_rooms in results["by_rooms"].items()]
    rows.append(_row("all", results["sampled"], results["median_s"], results["upstream_median_s"]))
    ratio = f", and {results['ratio']} times faster" if results["ratio"] else ""
    failures = "; ".join(f"{count} of {reason}" for reason, count in results["failures"].items())
    lines = [
        *("  ".join(cell.rjust(len(head)) for cell, head in zip(row, rows[0], strict=True)) for row in rows),
        "",
        f"equal to upstream's: {results['equal']} of {results['compared']}{ratio}",
        f"90 % of houses take at most {results['p90_s']:.2f} s, all at most {results['max_s']:.2f} s",
        f"valid: {results['valid']} of {results['seeds']} seeds ({results['s_per_valid_house']} s per house)",
        *([f"not valid: {failures}"] if failures else []),
        f"processor time, median: {results['cpu_median_s']} s"
        + (f", upstream's {results['upstream_cpu_median_s']} s" if results["ratio"] else ""),
        f"whole process, median: {results['process_median_s']:.2f} s; "
        f"once per run: {results['start_s']:.1f} s to start Python and import procthor",
        f"{results['cpu']}, one of {results['cores']} cores",
    ]
    return "\n".join(lines)


def _in_turn(turns: Sequence[tuple[int, bool]]) -> Iterator[SampledHouse]:
    """The result of each turn, one process after the other."""
    began = time.perf_counter()
    for outcome in run_jobs(_sample, turns, 1, lambda: None, preload=PRELOAD):
        process_s = time.perf_counter() - began
        yield replace(outcome.result or _no_house(outcome.error, process_s, 0.0), process_s=process_s)
        began = time.perf_counter()


def _sample(seed: int, upstream: bool, channel: JobChannel) -> SampledHouse:
    """Samples one seed. `process_s` of the result is not set."""
    from procthor.generation import PROCTHOR10K_ROOM_SPEC_SAMPLER, HouseGenerator

    from simgen.engine.protocol.wire.encoding import as_plain
    from simgen.scenes.engines.embedded import make_sampling_controller
    from simgen.scenes.houses.procthor import SEED_LIMIT_S
    from simgen.scenes.houses.procthor_fixes import apply_fixes
    from simgen.scenes.houses.procthor_speed import speed_up

    logging.disable(logging.WARNING)  # procthor also logs the problems that `validate` returns
    apply_fixes()
    if not upstream:
        speed_up()
    channel.wait_for("the house", TimeLimit(SEED_LIMIT_S))
    began, worked = time.perf_counter(), time.process_time()
    try:
        controller = make_sampling_controller()
        generator = HouseGenerator(
            split="train", seed=seed, room_spec_sampler=PROCTHOR10K_ROOM_SPEC_SAMPLER, controller=controller
        )
        house, _ = generator.sample()
        warnings = house.validate(controller)
    except Exception as error:  # procthor raises bare Exception, IndexError and others for unlucky seeds
        reason = f"{type(error).__name__}: {error}"
        return _no_house(reason, time.perf_counter() - began, time.process_time() - worked)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - worked
    text = json.dumps(house.data, default=as_plain)
    failure = next(iter(warnings), "").split(":")[0]
    return SampledHouse(seconds, len(house.rooms), cpu_s, _sha256(text), failure)


def _no_house(reason: str, seconds: float, cpu_s: float) -> SampledHouse:
    return SampledHouse(seconds, 0, cpu_s, _sha256(reason), reason.split(":")[0][:80])


def _start_s() -> float:
    """Seconds until a first, empty job of this process has ended."""
    began = time.perf_counter()
    for outcome in run_jobs(_do_nothing, [()], 1, lambda: None, preload=PRELOAD):
        assert not outcome.error, outcome.error
    return time.perf_counter() - began


def _do_nothing(channel: JobChannel) -> None:
    """An empty job. The first job waits until procthor is imported."""


def _by_rooms(ours: Mapping[int, SampledHouse], theirs: Mapping[int, SampledHouse]) -> dict[str, Results]:
    table: dict[str, Results] = {}
    for rooms in sorted({found.rooms for found in ours.values() if found.rooms}):
        seeds = [seed for seed, found in ours.items() if found.rooms == rooms]
        table[str(rooms)] = {
            "sampled": len(seeds),
            "median_s": _median([ours[seed].seconds for seed in seeds]),
            "upstream_median_s": _median([theirs[seed].seconds for seed in seeds if seed in theirs]),
        }
    return table


def _row(rooms: str, houses: int, own_s: float | None, their_s: float | None) -> list[str]:
    return [rooms, str(houses), *("-" if value is None else f"{value:.2f}" for value in (own_s, their_s))]


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
