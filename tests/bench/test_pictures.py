from pathlib import Path

import numpy as np
import pytest

from simgen.bench.pictures import ENCODINGS, _psnr_db, measure_encodings
from tests.synthetic import write_synthetic_clip


def test_lossless_encodings_have_no_error(tmp_path: Path) -> None:
    clip = tmp_path / "clip.h5"
    write_synthetic_clip(clip, split="train", seed=0)
    found = {measured.encoding: measured for measured in measure_encodings([clip])}

    assert list(found) == list(ENCODINGS)
    assert {name for name, measured in found.items() if measured.psnr_db is None} >= {"WebP lossless", "PNG"}
    assert all(measured.bytes > 0 for measured in found.values())


@pytest.mark.parametrize(("error", "decibels"), [(255.0**2, 0.0), (255.0**2 / 1000, 30.0)])
def test_the_ratio_of_signal_to_noise(error: float, decibels: float) -> None:
    assert _psnr_db(error) == pytest.approx(decibels)


def test_more_quality_has_less_error(tmp_path: Path) -> None:
    clip = tmp_path / "clip.h5"
    write_synthetic_clip(clip, split="train", seed=0)
    found = {measured.encoding: measured for measured in measure_encodings([clip])}
    errors = [
        found[name].psnr_db or np.inf for name in ("JPEG 85, 4:2:0", "JPEG 90, 4:2:0", "JPEG 95, 4:2:0")
    ]

    assert errors == sorted(errors)
