"""Releases with more files than one commit may have."""

from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import IncompleteError, InputError
from simgen.release import commits
from simgen.release.destination import Destination
from simgen.release.hub import upload
from tests.release.kitchens import files_in
from tests.release.loopback_hub import LoopbackHub, own_files

pytest.importorskip("huggingface_hub")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning"),
    pytest.mark.usefixtures("online"),
]

REPO = Destination("ada/kitchens")
PIECE = 4
"""Files of one commit in these tests; the release has more than three times as many."""


@pytest.fixture(autouse=True)
def _small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "FILES_PER_COMMIT", PIECE)


def count_commits(hub: LoopbackHub) -> int:
    return sum("/commit/" in request for request in hub.requests)


def test_the_main_branch_changes_once_when_all_files_are_there(hub: LoopbackHub, release: Path) -> None:
    repo = hub.add(REPO.repo)
    report = upload(release, replace(REPO, tag="v1"), endpoint=hub.address)

    assert count_commits(hub) == -(-len(files_in(release)) // PIECE) > 3
    assert own_files(hub) == files_in(release)
    # The first file of the repository, the pieces, and the merge: no other commit was on the main branch.
    assert len(repo.commits) == 2 + count_commits(hub)
    assert report.pull_request is None
    assert report.commit.endswith(repo.branches["main"])
    assert repo.tags == {"v1": repo.branches["main"]}


def test_an_interrupted_upload_shows_nothing_and_can_be_repeated(hub: LoopbackHub, release: Path) -> None:
    hub.add(REPO.repo)
    hub.fail(r"POST .*/commit/refs/pr/1$", None)
    with pytest.raises(IncompleteError, match="upload again later"):
        upload(release, REPO, endpoint=hub.address)
    assert own_files(hub) == {}

    hub.faults.clear()
    upload(release, REPO, endpoint=hub.address)
    assert own_files(hub) == files_in(release)


def test_a_commit_in_the_meantime_is_not_overwritten(
    hub: LoopbackHub, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = hub.add(REPO.repo)
    merge = commits._merge

    def change_then_merge(*arguments: object) -> object:
        repo.commit("main", {"notes.md": b"mine"})
        return merge(*arguments)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(commits, "_merge", change_then_merge)
    with pytest.raises(IncompleteError, match=r"changed in the meantime; close http.*/discussions/1, then"):
        upload(release, REPO, endpoint=hub.address)
    assert own_files(hub) == {"notes.md": b"mine"}


def test_a_pull_request_is_left_open(hub: LoopbackHub, release: Path) -> None:
    hub.add(REPO.repo)
    report = upload(release, replace(REPO, pull_request=True), endpoint=hub.address)

    assert report.pull_request == f"{hub.address}/datasets/ada/kitchens/discussions/1"
    assert own_files(hub) == {}
    assert own_files(hub, "refs/pr/1") == files_in(release)

    again = upload(release, replace(REPO, revision="refs/pr/1"), endpoint=hub.address)
    assert again.commit.endswith(hub.repos[REPO.repo].pull_requests["refs/pr/1"])


def test_a_branch_takes_one_commit(hub: LoopbackHub, release: Path) -> None:
    hub.add(REPO.repo)
    with pytest.raises(InputError, match="a branch takes 4 at once; leave out --revision"):
        upload(release, replace(REPO, revision="next"), endpoint=hub.address)
    assert not any(request.startswith("POST") for request in hub.requests)


def test_too_many_files(hub: LoopbackHub, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "MOST_FILES", 10)
    with pytest.raises(InputError, match="a repository should have at most 10"):
        upload(release, REPO, endpoint=hub.address)
    assert hub.requests == []
