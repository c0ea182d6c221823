import time

import numpy as np

from simgen.bench.memory import INTERVAL_S, own_memory_mb, watch_memory

SIZE_MB = 200


def test_the_peak_counts_memory_that_is_free_again() -> None:
    before = own_memory_mb()
    with watch_memory() as memory:
        block = np.ones(SIZE_MB * 1_000_000, np.uint8)
        time.sleep(20 * INTERVAL_S)
        del block

    assert memory.peak_mb > before + 0.9 * SIZE_MB
    assert own_memory_mb() < before + 0.1 * SIZE_MB
