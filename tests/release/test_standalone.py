"""Python files that carry simgen's scoring to programs without simgen."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from simgen.release.standalone import make_standalone
from simgen.scoring import MRA_THRESHOLDS, format_score, score_answer, split_response
from simgen.types import AnswerKind

ANSWERS = (
    "3.0",
    "3.3",
    "1,2",
    "about 1.2 m",
    "-4",
    "0",
    "B",
    "(b) the sofa",
    "sofa",
    "B) bed",
    "A, B, C",
    "far",
)
TEXTS = tuple(f"<map>[]</map><think>so</think><answer>{answer}</answer>" for answer in ANSWERS)
TEXTS += (
    "",
    "3.0",
    "<answer>3.0",
    "<answer>B</answer><think>so</think>",
    "<answer>3</answer><answer>9</answer>",
)
TRUTHS: tuple[tuple[str, AnswerKind, list[str]], ...] = (
    ("3.0", "metres", []),
    ("0", "count", []),
    ("B", "choice", ["bed", "sofa", "desk"]),
    ("A, B, C", "order", ["bed", "sofa", "desk"]),
)
CASES = [(text, *truth) for text in TEXTS for truth in TRUTHS]
ASK = """
import json, runpy, sys
reward = runpy.run_path(sys.argv[1])["compute_score"]
cases = json.load(sys.stdin)
print(json.dumps([reward("", text, answer, {"kind": kind, "options": options}) for text, answer, kind, options in cases]))
"""  # noqa: E501


def test_the_thresholds_are_those_of_vsi_bench() -> None:
    assert tuple(np.linspace(0.5, 0.95, 10).tolist()) == MRA_THRESHOLDS


def test_the_reward_file_scores_as_simgen_does_where_nothing_is_installed(tmp_path: Path) -> None:
    file = tmp_path / "reward.py"
    file.write_text(make_standalone("simgen.release.formats.reward_function"), encoding="utf-8")
    # -I and -S: no site-packages, no PYTHONPATH and no current folder, so simgen cannot be imported.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ASK, str(file)],
        input=json.dumps(CASES),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [
        0.9 * score_answer(split_response(text).answer, answer, kind, options) + 0.1 * format_score(text)
        for text in TEXTS
        for answer, kind, options in TRUTHS
    ]
