"""Uploads a release to the Hugging Face Hub, or to another server that speaks its protocol.

No reader ever sees a part of a release. Large files are sent before the commit; those that have arrived are
not sent again by a second upload.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simgen.errors import IncompleteError, InputError, SimgenError
from simgen.release.checksums import CHECKSUMS, find_changed_files, read_checksums
from simgen.release.commits import Committed, check_count, commit_release
from simgen.release.destination import Destination, Found, inspect_destination
from simgen.release.folder import require_release
from simgen.release.hub_client import Hub, connect, explain_errors


@dataclass(frozen=True, slots=True)
class UploadReport:
    """Where a release has been uploaded to."""

    url: str
    """Address of the repository."""
    commit: str
    """Address of the commit."""
    pull_request: str | None
    """Address of the pull request, if one was opened."""
    tag: str | None
    files: int
    """Number of files of the release."""
    deleted: int
    """Number of files of an earlier release that the new one does not have."""

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def upload(folder: Path, destination: Destination, *, endpoint: str | None = None) -> UploadReport:
    """Uploads a release folder to a data set repository, which is created if need be.

    Only the files that the release's checksums list are sent. Files of an earlier release are deleted, other
    files of the repository are kept. `endpoint` is the server, by default the Hub ($HF_ENDPOINT). Raises
    InputError when the folder is not a whole release or must not be uploaded there (see `check_destination`).
    Raises IncompleteError when the server cannot be reached or fails; nothing is published then.
    """
    names = _list_files(folder)
    check_count(folder, destination, len(names))
    hub = connect(endpoint)
    found = inspect_destination(hub, destination)
    with explain_errors(hub, destination.repo):
        url, found = _prepare(hub, destination, found)
        deleted = _find_deleted(found, names)
        paths = {name: folder / name for name in names}
        commit = commit_release(hub, destination, found, paths, deleted)
    if destination.tag is not None:
        _tag(hub, destination, folder, commit)
    return UploadReport(
        url=url,
        commit=commit.url,
        pull_request=commit.pull_request,
        tag=destination.tag,
        files=len(names),
        deleted=len(deleted),
    )


def _list_files(folder: Path) -> list[str]:
    require_release(folder)
    names = [*read_checksums(folder), CHECKSUMS]
    if changed := find_changed_files(folder):
        raise InputError(
            f"{folder / changed[0]}: missing, or not as it was published ({len(changed)} such files); "
            f"publish the release again with: simgen publish --to {folder}"
        )
    return names


def _prepare(hub: Hub, destination: Destination, found: Found) -> tuple[str, Found]:
    """Makes the missing repository or branch. Returns the repository's address and its state."""
    repo = destination.repo
    url = f"{hub.endpoint}/datasets/{repo}"
    if found.commit is None:
        private = True if destination.private else None  # None: as the owner's settings say
        url = str(hub.api.create_repo(repo, repo_type="dataset", private=private))
        commit = hub.api.dataset_info(repo).sha
        found = Found(commit, destination.revision is None, frozenset(), frozenset())
    if not found.branch_exists:
        hub.api.create_branch(repo, repo_type="dataset", branch=destination.revision, revision=found.commit)
    return url, found


def _find_deleted(found: Found, names: Collection[str]) -> frozenset[str]:
    return found.replaced - set(names)


def _tag(hub: Hub, destination: Destination, folder: Path, commit: Committed) -> None:
    repo, tag = destination.repo, destination.tag
    branch = "" if destination.revision is None else f" --revision {destination.revision}"
    try:
        with explain_errors(hub, repo):
            hub.api.create_tag(repo, repo_type="dataset", tag=tag, revision=commit.oid)
    except SimgenError as error:
        raise IncompleteError(
            f"{repo}: the release is uploaded, but not tagged ({error}); "
            f"tag it with: simgen upload {folder} --repo {repo}{branch} --tag {tag}"
        ) from None
