"""Uploads a release to the Hugging Face Hub, or to another server that speaks its protocol."""

import importlib
from pathlib import Path
from typing import Any

from simgen.errors import IncompleteError, InputError, MissingSystemError
from simgen.release.publish import require_release

_DENIED = (401, 403)
_REPLACED = ("data/*", "clips/*", "recipe/*")
"""Files of an earlier release that are deleted unless the new one has them.

`datasets` would load stale shards too.
"""


def upload(folder: Path, repo: str, *, private: bool, endpoint: str | None = None) -> str:
    """Uploads a release folder to the data set repository `owner/name`; returns the repository's address.

    The repository is created if need be. `endpoint` is the server, by default the Hub ($HF_ENDPOINT). Raises
    InputError when the folder is not a release, the name is not valid, or the token is missing or must not
    write there. Raises IncompleteError when the server cannot be reached or fails; a second upload does not
    send again the files that have arrived.
    """
    require_release(folder)
    hub = _hub()
    _check_repo(hub, repo)
    if hub.is_offline_mode():
        raise InputError("$HF_HUB_OFFLINE is set, so nothing can be uploaded; unset it")
    if hub.get_token() is None:
        raise InputError("no Hugging Face token; log in with `hf auth login`, or set $HF_TOKEN")
    return _send(hub, hub.HfApi(endpoint=endpoint), folder, repo, private)


def _hub() -> Any:
    try:
        # The package loads these two submodules only when they are imported by their full names.
        for module in ("huggingface_hub.errors", "huggingface_hub.utils"):
            importlib.import_module(module)
        return importlib.import_module("huggingface_hub")
    except ImportError:
        raise MissingSystemError(
            "uploading needs huggingface_hub; install it with: pip install 'simgen[release]'"
        ) from None


def _check_repo(hub: Any, repo: str) -> None:
    try:
        hub.utils.validate_repo_id(repo)
    except hub.errors.HFValidationError:
        valid = False
    else:
        valid = repo.count("/") == 1
    if not valid:
        raise InputError(f"{repo!r} is not a repository name; give owner/name, such as ada/kitchens")


def _send(hub: Any, api: Any, folder: Path, repo: str, private: bool) -> str:
    # HfHubHTTPError: the server answered with an error. HTTPError, its base class: there was no answer.
    try:
        url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            commit_message="Release made by simgen",
            delete_patterns=list(_REPLACED),
        )
    except hub.errors.HfHubHTTPError as error:
        raise _refusal(repo, api.endpoint, error) from None
    except hub.errors.HTTPError as error:
        raise IncompleteError(f"{api.endpoint}: cannot be reached ({error}); publish again later") from None
    return str(url)


def _refusal(repo: str, endpoint: str, error: Any) -> InputError | IncompleteError:
    status = error.response.status_code
    said = " ".join((error.server_message or "no reason given").split())
    if status in _DENIED:
        return InputError(
            f"{repo}: {endpoint} refused the token ({status}); log in with `hf auth login` and a token "
            "that may write there"
        )
    return IncompleteError(f"{repo}: {endpoint} answered {status} ({said}); publish again later")
