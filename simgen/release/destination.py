"""Where a release is uploaded to, and the checks of that repository before anything is written to it."""

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgen.errors import InputError
from simgen.release.checksums import CHECKSUMS, parse_checksums
from simgen.release.folder import RELEASE
from simgen.release.hub_client import Hub, check_name, connect, explain_errors

_KEPT = (".gitattributes",)
"""Files that the Hub makes itself: a repository that has no others is empty."""
_MUST_NOT_WRITE = ("read", "no_access")
"""Roles in an organization that may not write to its repositories."""
_NAMED = 3
"""Files of a foreign repository that a message names at most."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A data set repository on the Hub, and how a release is written to it."""

    repo: str
    """`owner/name`."""
    private: bool = False
    """The repository must be private; a new one is made so."""
    revision: str | None = None
    """Branch to write to, made from the main branch if need be. None is the main branch."""
    tag: str | None = None
    """Tag that the new commit gets at the end."""
    pull_request: bool = False
    """Open a pull request instead of writing to the main branch."""
    replace_foreign: str | None = None
    """The repository's name again, to delete files in it that simgen did not publish."""


@dataclass(frozen=True, slots=True)
class Found:
    """The state of the repository before an upload."""

    commit: str | None
    """The commit that the release will follow; None when there is no repository yet."""
    branch_exists: bool
    files: frozenset[str]
    """All files in that commit."""
    replaced: frozenset[str]
    """The files among them that the release replaces: deleted unless the new release has them too."""


def check_destination(destination: Destination, *, endpoint: str | None = None) -> None:
    """Checks names, token, role, visibility and contents of the repository. Nothing is written.

    `endpoint` is the server, by default the Hub ($HF_ENDPOINT). Raises InputError when the release could not
    or must not be uploaded there, and IncompleteError when the server cannot be reached or fails.
    """
    _check_options(destination)
    inspect_destination(connect(endpoint), destination)


def inspect_destination(hub: Hub, destination: Destination) -> Found:
    """The state of the repository, checked as `check_destination` does."""
    _check_options(destination)
    check_name(hub, destination.repo)
    with explain_errors(hub, destination.repo):
        who = hub.api.whoami()
        _check_token(destination, who)
        try:
            info = hub.api.dataset_info(destination.repo)
        except hub.package.errors.GatedRepoError:
            raise
        except hub.package.errors.RepositoryNotFoundError:
            return _check_new(destination, who)
        return _check_existing(hub, destination, info)


def _check_options(destination: Destination) -> None:
    repo, replaced = destination.repo, destination.replace_foreign
    if destination.pull_request and destination.revision is not None:
        raise InputError("--pr opens a pull request on the main branch; leave out --revision")
    if destination.pull_request and destination.tag is not None:
        raise InputError("--tag needs a commit on a branch; leave out --pr, or tag after the merge")
    if replaced is not None and replaced != repo:
        raise InputError(f"--replace-foreign names {replaced}, but --repo names {repo}; give the same name")


def _check_token(destination: Destination, who: Mapping[str, Any]) -> None:
    role = who.get("auth", {}).get("accessToken", {}).get("role")
    if role == "read":
        raise InputError(
            f"{destination.repo}: the token of {who['name']} may only read; "
            "log in with `hf auth login` and a token that may write"
        )


def _check_new(destination: Destination, who: Mapping[str, Any]) -> Found:
    """Checks that the token's user may make the repository, which does not exist."""
    owner = destination.repo.split("/")[0]
    if destination.pull_request:
        raise InputError(f"{destination.repo}: there is no such repository; leave out --pr to make it")
    roles = {item["name"]: item.get("roleInOrg") for item in who.get("orgs", [])}
    if owner != who["name"] and owner not in roles:
        raise InputError(
            f"{destination.repo}: there is no such repository, and {who['name']} cannot make it, being no "
            f"member of {owner}; give --repo {who['name']}/NAME"
        )
    if roles.get(owner) in _MUST_NOT_WRITE:
        raise InputError(
            f"{destination.repo}: {who['name']} may only read in {owner}; ask {owner} for the right to write"
        )
    return Found(None, False, frozenset(), frozenset())


def _check_existing(hub: Hub, destination: Destination, info: Any) -> Found:
    repo = destination.repo
    if info.id != repo:
        raise InputError(f"{repo}: the repository is now {info.id}; give --repo {info.id}")
    if destination.private and not info.private:
        raise InputError(
            f"{repo}: it is public, but --private was given; make it private in its settings, or leave out "
            "--private"
        )
    if not destination.pull_request:
        hub.api.auth_check(repo, repo_type="dataset", write=True)
    commit, branch_exists = _find_commit(hub, destination, info.sha)
    files = frozenset(hub.api.list_repo_files(repo, repo_type="dataset", revision=commit))
    return Found(commit, branch_exists, files, _find_replaced(hub, destination, commit, files))


def _find_commit(hub: Hub, destination: Destination, main: str) -> tuple[str, bool]:
    """The commit that the release will follow, and whether the branch exists."""
    if destination.revision is None and destination.tag is None:
        return main, True
    refs = hub.api.list_repo_refs(destination.repo, repo_type="dataset", include_pull_requests=True)
    tags, branches = _commits(refs.tags), _commits(refs.branches)
    # A pull request is a branch by its whole name: refs/pr/3.
    branches |= {ref.ref: ref.target_commit for ref in refs.pull_requests}
    if destination.tag in tags:
        raise InputError(f"{destination.repo}: the tag {destination.tag} exists already; give another --tag")
    if destination.revision in tags:
        raise InputError(
            f"{destination.repo}: {destination.revision} is a tag; give a branch with --revision"
        )
    if destination.revision is None:
        return main, True
    return branches.get(destination.revision, main), destination.revision in branches


def _commits(refs: Iterable[Any]) -> dict[str, str]:
    return {ref.name: ref.target_commit for ref in refs}


def _find_replaced(hub: Hub, destination: Destination, commit: str, files: Collection[str]) -> frozenset[str]:
    """The files of the earlier release. Raises InputError for a repository with other contents."""
    content = {name for name in files if name not in _KEPT}
    earlier = _read_earlier(hub, destination.repo, commit, content)
    if earlier is not None:
        return frozenset(content & earlier)
    if content and destination.replace_foreign is None:
        named = ", ".join(sorted(content)[:_NAMED])
        raise InputError(
            f"{destination.repo}: not empty and not a simgen release ({len(content)} files, such as {named})"
            f"; give another --repo, or delete all its files with: --replace-foreign {destination.repo}"
        )
    return frozenset(content)


def _read_earlier(hub: Hub, repo: str, commit: str, files: Collection[str]) -> frozenset[str] | None:
    """The files that the release in the repository lists; None when there is no release."""
    if not {RELEASE.marker, CHECKSUMS} <= set(files):
        return None
    marker, checksums = (_read_file(hub, repo, commit, name) for name in (RELEASE.marker, CHECKSUMS))
    try:
        listed = parse_checksums(checksums.decode())
    except ValueError:
        return None
    return frozenset({*listed, CHECKSUMS}) if RELEASE.states_format(marker) else None


def _read_file(hub: Hub, repo: str, commit: str, name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = hub.api.hf_hub_download(repo, name, repo_type="dataset", revision=commit, local_dir=folder)
        return Path(path).read_bytes()
