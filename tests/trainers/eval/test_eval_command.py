"""`simgen eval` on an endpoint and on a benchmark, by the command."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.store.folder import DataFolder
from simgen.store.rows import write_rows
from simgen.trainers.eval.benchmarks import BENCHMARKS
from simgen.trainers.names import BENCHMARKS as NAMES
from tests.trainers.eval.chat_server import Reply, answer, say, serve_chat, text_of
from tests.trainers.eval.test_benchmarks import VSI, write_pictures
from tests.trainers.questions import make_folder, make_rows

ROWS = make_rows(12)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = make_folder(tmp_path / "data")
    write_rows(folder.dataset("demo").questions_path, ROWS)
    return folder


def run(folder: DataFolder, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["--data", str(folder.path), "eval", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_lists_every_benchmark() -> None:
    assert tuple(BENCHMARKS) == NAMES


@pytest.mark.slow
def test_the_rows_of_a_data_set_are_asked_at_an_endpoint(folder: DataFolder) -> None:
    targets = {row.question: row.target for row in ROWS}

    def know(body: dict[str, Any]) -> Reply:
        return say(next(target for question, target in targets.items() if question in text_of(body)))

    arguments = ["--model", "m", "--no-blind", "--json", "--jobs", "2"]
    with serve_chat(know) as server:
        code, out, err = run(folder, "--endpoint", server.url, *arguments)
        assert code == 0, err
        assert {found["score"] for found in json.loads(out)["templates"].values()} == {1.0}
        # The questions about the held-out clip, each once and with the four frames.
        assert len(server.asked) == len({row.question for row in ROWS if row.split == "val"})
        assert {len(body["messages"][0]["content"]) for body in server.asked} == {5}
        server.asked.clear()
        again = run(folder, "--endpoint", server.url, *arguments)
        assert (again[0], json.loads(again[1])) == (0, json.loads(out))
        assert server.asked == []


def test_a_benchmark_is_asked_at_an_endpoint(folder: DataFolder, tmp_path: Path) -> None:
    for scene in ("arkitscenes/41000001", "scannet/scene0000_00"):
        write_pictures(tmp_path / "media" / scene, [10, 20, 30])
    with serve_chat(lambda body: say("A")) as server:
        arguments = ["--benchmark", "vsi-bench", "--file", str(VSI), "--media", str(tmp_path / "media")]
        arguments += ["--frames", "2", "--endpoint", server.url, "--model", "m"]
        code, out, err = run(folder, *arguments, "--json")
        assert code == 0, err
        # Of the three directions only the first has the answer A; a letter is no number.
        assert json.loads(out)["tasks"]["object_rel_direction"] == pytest.approx(1 / 3)
        assert json.loads(out)["overall"] == pytest.approx(1 / 3 / 4)
        assert {len(body["messages"][0]["content"]) for body in server.asked} == {3}
        table = run(folder, *arguments)[1]
    assert "mean of 4 tasks" in table
    assert len(server.asked) == 6


@pytest.mark.slow
def test_a_benchmark_is_asked_of_a_model_in_a_folder(folder: DataFolder, tmp_path: Path) -> None:
    from simgen.trainers.config import load_config
    from simgen.trainers.models.loading import load_for_training, save_model

    model = load_for_training(load_config("tiny"), [row.target for row in ROWS])
    save_model(model, tmp_path / "model")
    for scene in ("arkitscenes/41000001", "scannet/scene0000_00"):
        write_pictures(tmp_path / "media" / scene, [10, 20, 30])
    arguments = ["--benchmark", "vsi-bench-debiased", "--file", str(VSI), "--media", str(tmp_path / "media")]
    arguments += ["--frames", "2", "--max-tokens", "8", "--rows", "2", "--json"]
    code, out, err = run(folder, *arguments, "--model", str(tmp_path / "model"))
    assert code == 0, err
    assert json.loads(out)["n"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--endpoint", "http://127.0.0.1:9/v1"], "--endpoint needs --model"),
        (["--benchmark", "vsi-bench"], "--benchmark needs --file"),
        (["--benchmark", "vsi-bench", "--file", "none.jsonl", "--model", "m"], "there is no such file"),
        (["--benchmark", "qvs-bench", "--file", "q.json", "--fresh"], "--fresh has no meaning beside"),
        (["--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--key-env", "NO_KEY"], "NO_KEY is not set"),
    ],
)
def test_mistakes_are_one_line(
    folder: DataFolder, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_KEY", raising=False)
    code, _, err = run(folder, *arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_an_endpoint_that_fails_is_one_line(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "wrong")
    with serve_chat(lambda body: answer({"error": {"message": "bad key"}}, 401)) as server:
        arguments = ["--endpoint", server.url, "--model", "m", "--key-env", "MY_KEY", "--no-blind"]
        code, _, err = run(folder, *arguments)
    assert code == 2
    assert "401 Unauthorized: bad key" in err
    assert server.headers[0]["Authorization"] == "Bearer wrong"
