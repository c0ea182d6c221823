"""Commits the files of a release so that no reader sees a part of it.

They arrive in one commit. The Hub limits the number of files in one; more of them are committed to a pull
request, piece by piece, which is merged when it is complete.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgen.errors import IncompleteError, InputError
from simgen.release.destination import Destination, Found
from simgen.release.hub_client import Hub

FILES_PER_COMMIT = 20_000
"""The Hub's limit for large files is 25,000."""
MOST_FILES = 100_000
"""The Hub advises against repositories with more files."""
_MESSAGE = "Release made by simgen"


@dataclass(frozen=True, slots=True)
class Committed:
    """The commit that a release ends with."""

    oid: str
    url: str
    pull_request: str | None
    """Address of the pull request that waits to be merged; None if there is none."""


def check_count(folder: Path, destination: Destination, count: int) -> None:
    """Raises InputError if a release has more files than can be committed there."""
    if count > MOST_FILES:
        raise InputError(
            f"{folder}: it has {count:,} files, and a repository should have at most {MOST_FILES:,}; publish "
            "each recipe by itself, with --dataset, or use --clips none"
        )
    if count > FILES_PER_COMMIT and not _can_be_merged(destination):
        raise InputError(
            f"{folder}: it has {count:,} files, and a branch takes {FILES_PER_COMMIT:,} at once; leave out "
            "--revision, or give --pr"
        )


def commit_release(
    hub: Hub,
    destination: Destination,
    found: Found,
    paths: Mapping[str, Path],
    deleted: Collection[str],
) -> Committed:
    """Commits the files in `paths`, by their names in the repository, and deletes others.

    The server refuses it when the repository has changed since it was looked at.
    """
    operations = [
        *(hub.package.CommitOperationAdd(name, path) for name, path in paths.items()),
        *(hub.package.CommitOperationDelete(name, is_folder=False) for name in sorted(deleted)),
    ]
    if len(operations) <= FILES_PER_COMMIT:
        commit = _commit(hub, destination, operations, found.commit, destination.pull_request)
        return Committed(commit.oid, str(commit.commit_url), commit.pr_url)
    return _commit_pieces(hub, destination, found, operations)


def _can_be_merged(destination: Destination) -> bool:
    """Whether a pull request leads there: it is on the main branch, or is the destination itself."""
    return destination.revision is None or destination.revision.startswith("refs/pr/")


def _commit_pieces(hub: Hub, destination: Destination, found: Found, operations: Sequence[Any]) -> Committed:
    starts = range(0, len(operations), FILES_PER_COMMIT)
    pieces = [operations[start : start + FILES_PER_COMMIT] for start in starts]
    first = _commit(hub, destination, pieces[0], found.commit, destination.revision is None)
    request = first.pr_revision or destination.revision
    last = first
    for piece in pieces[1:]:
        last = _commit(hub, destination, piece, last.oid, False, request)
    if destination.pull_request or destination.revision is not None:
        return Committed(last.oid, str(last.commit_url), first.pr_url)
    return _merge(hub, destination, found, first)


def _merge(hub: Hub, destination: Destination, found: Found, first: Any) -> Committed:
    repo = destination.repo
    if hub.api.dataset_info(repo).sha != found.commit:
        raise IncompleteError(
            f"{repo}: the repository was changed in the meantime; close {first.pr_url}, then upload again"
        )
    hub.api.merge_pull_request(repo, first.pr_num, repo_type="dataset")
    commit = str(hub.api.dataset_info(repo).sha)
    return Committed(commit, f"{hub.endpoint}/datasets/{repo}/commit/{commit}", None)


def _commit(
    hub: Hub,
    destination: Destination,
    operations: Sequence[Any],
    parent: str | None,
    new_request: bool,
    revision: str | None = None,
) -> Any:
    # `upload_folder` may split a large release into several commits; `create_commit` never does.
    return hub.api.create_commit(
        destination.repo,
        operations,
        commit_message=_MESSAGE,
        repo_type="dataset",
        revision=revision or destination.revision,
        create_pr=new_request,
        # The server refuses the commit when the repository has changed since it was checked.
        parent_commit=parent,
    )
