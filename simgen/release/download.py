"""Downloads the data of a release from the Hugging Face Hub, or from another server that speaks its protocol.

The list of files comes from a server that is not trusted: only names and sizes that a release can have are
asked for. Files that have arrived are not asked for again by the next call.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from simgen.errors import InputError
from simgen.release.checksums import CHECKSUMS
from simgen.release.folder import RELEASE
from simgen.release.hub_client import Hub, check_name, connect, explain_errors
from simgen.release.origin import LEDGER, RECORDS
from simgen.release.reading import LARGEST_INDEX_BYTES, Release, open_release
from simgen.store.folder import ensure_writable

INDEX = (RELEASE.marker, CHECKSUMS)
PATTERNS = (
    *INDEX,
    RECORDS,
    LEDGER,
    "recipe/*.json",
    "clips/*.h5",
    "qa/*/metadata.parquet",
    "data/*.parquet",
    "templates/*.yaml",
)
"""The files that a data folder is made of, as patterns for `huggingface_hub`: `*` stands for any text."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A release, and where it came from."""

    path: Path
    url: str
    """Address of the commit; the folder of a release that was not downloaded."""


def download_release(
    repo: str, revision: str | None, stage: Path, check: Callable[[Release], None], endpoint: str | None
) -> Downloaded:
    """Downloads the files of a release that a data folder is made of, into a folder in `stage`.

    `check` is called when only the list of files has arrived, and may refuse the release.
    Raises InputError when there is no such release, and for one that is made to mislead. Raises
    IncompleteError when the server cannot be reached or fails.
    """
    hub = connect(endpoint, "download")
    check_name(hub, repo)
    with explain_errors(hub, repo, "download"):
        commit = str(hub.api.dataset_info(repo, revision=revision).sha)
        sizes = _list_sizes(hub, repo, commit)
    folder = stage / f"{stage_name(repo)}-{commit[:12]}"
    ensure_writable(folder)
    _check_index(repo, sizes)
    with explain_errors(hub, repo, "download"):
        _download(hub, repo, commit, folder, INDEX)
    release = open_release(folder)
    check(release)
    _check_listed(repo, release, sizes)
    _check_space(repo, stage, sizes)
    with explain_errors(hub, repo, "download"):
        _download(hub, repo, commit, folder, PATTERNS)
    return Downloaded(folder, f"{hub.endpoint}/datasets/{repo}/tree/{commit}")


def stage_name(repo: str) -> str:
    """The name of a repository's folders in the stage, without the commit."""
    return repo.replace("/", "--")


def _list_sizes(hub: Hub, repo: str, commit: str) -> dict[str, int]:
    """The sizes of the files that `PATTERNS` match, by name."""
    tree = hub.api.list_repo_tree(repo, recursive=True, repo_type="dataset", revision=commit)
    files = {str(item.path): int(item.size) for item in tree if isinstance(item, hub.package.hf_api.RepoFile)}
    return {name: size for name, size in files.items() if any(fnmatchcase(name, one) for one in PATTERNS)}


def _check_index(repo: str, sizes: Mapping[str, int]) -> None:
    for name in INDEX:
        if name not in sizes:
            raise InputError(f"{repo}: not a simgen release (it has no {name}); give the name of one")
    for name in (*INDEX, RECORDS):
        if sizes.get(name, 0) > LARGEST_INDEX_BYTES:
            raise InputError(f"{repo}: its {name} has {sizes[name]:,} bytes; that is no file of a release")


def _check_listed(repo: str, release: Release, sizes: Mapping[str, int]) -> None:
    """Checks that the server has the files that the release lists, and no others."""
    listed = {*release.data_files, CHECKSUMS}
    for name in sorted(listed ^ set(sizes)):
        reason = "lists it, but the repository lacks it" if name in listed else "does not list it"
        raise InputError(f"{repo}: {name!r}: {CHECKSUMS} {reason}; ask the publisher to upload it again")


def _check_space(repo: str, folder: Path, sizes: Mapping[str, int]) -> None:
    needed, free = sum(sizes.values()), shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"{folder}: {repo} needs {needed:,} bytes, but {free:,} are free; give another folder with --data"
        )


def _download(hub: Hub, repo: str, commit: str, folder: Path, patterns: Sequence[str]) -> None:
    """Downloads the files of a commit that match; those that are in the folder already are kept."""
    hub.package.snapshot_download(
        repo,
        repo_type="dataset",
        revision=commit,
        local_dir=folder,
        allow_patterns=list(patterns),
        endpoint=hub.endpoint,
    )
