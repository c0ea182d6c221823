"""The connection to the Hugging Face Hub. Every error of `huggingface_hub` becomes a message of one line."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from simgen.errors import IncompleteError, InputError, MissingSystemError

Task = Literal["upload", "download"]
_CURES: dict[Task, dict[int, str]] = {
    "upload": {
        401: "the token is not valid; log in with `hf auth login`, or set $HF_TOKEN",
        403: "the token must not do this; log in with `hf auth login` and a token that may write there",
        404: "there is no such repository or revision, or the token must not see it",
        409: "the repository was changed at the same time; upload again",
        412: "the repository was changed in the meantime; upload again",
        429: "too many requests; wait some minutes, then upload again",
    },
    "download": {
        401: "there is no such repository, or it is private; check the name, or log in with `hf auth login`",
        403: "the token must not read this; ask for access on its page, then log in with `hf auth login`",
        404: "there is no such repository or revision, or the token must not see it; check the names",
        429: "too many requests; wait some minutes, then pull again",
    },
}
"""What is wrong and what helps, for the HTTP statuses with a known reason."""
_AGAIN: dict[Task, str] = {"upload": "upload again later", "download": "pull again later, which continues"}
_USERS_FAULT = (401, 403)


@dataclass(frozen=True, slots=True)
class Hub:
    """`huggingface_hub` and its connection to one server. The package is typed as Any: it is optional."""

    package: Any
    api: Any

    @property
    def endpoint(self) -> str:
        return self.api.endpoint


def connect(endpoint: str | None, task: Task = "upload") -> Hub:
    """The connection to a server, by default the Hub ($HF_ENDPOINT). No request is sent yet.

    Raises MissingSystemError without huggingface_hub, InputError offline, and InputError for an upload
    without a token.
    """
    package = _import_package(task)
    if package.is_offline_mode():
        raise InputError(f"$HF_HUB_OFFLINE is set, so nothing can be {task}ed; unset it")
    if task == "upload" and package.get_token() is None:
        raise InputError("no Hugging Face token; log in with `hf auth login`, or set $HF_TOKEN")
    return Hub(package, package.HfApi(endpoint=endpoint))


def check_name(hub: Hub, repo: str) -> None:
    """Raises InputError unless `repo` has the form `owner/name`."""
    try:
        hub.package.utils.validate_repo_id(repo)
    except hub.package.errors.HFValidationError:
        valid = False
    else:
        valid = repo.count("/") == 1
    if not valid:
        raise InputError(f"{repo!r} is not a repository name; give owner/name, such as ada/kitchens")


@contextmanager
def explain_errors(hub: Hub, repo: str, task: Task = "upload") -> Iterator[None]:
    """Turns every error of the library into InputError or IncompleteError, with one line."""
    errors = hub.package.errors
    try:
        yield
    except (errors.HTTPError, OSError, RuntimeError, ValueError) as error:
        raise _explain(hub, repo, error, task) from None


def _import_package(task: Task) -> Any:
    try:
        # The package loads these two submodules only when they are imported by their full names.
        for module in ("huggingface_hub.errors", "huggingface_hub.utils"):
            importlib.import_module(module)
        return importlib.import_module("huggingface_hub")
    except ImportError:
        raise MissingSystemError(
            f"{task}ing needs huggingface_hub; install it with: pip install 'simgen[release]'"
        ) from None


def _explain(hub: Hub, repo: str, error: BaseException, task: Task) -> InputError | IncompleteError:
    errors = hub.package.errors
    if isinstance(error, ValueError) and "metadata in README.md" in str(error):
        return InputError(f"{repo}: {hub.endpoint} refuses the header of the card: {_in_one_line(error)}")
    cause = _find_cause(error, errors.HTTPError)
    # HfHubHTTPError: the server answered with an error. HTTPError, its base class: there was no answer.
    if isinstance(cause, errors.HfHubHTTPError) and getattr(cause, "response", None) is not None:
        return _explain_answer(repo, hub.endpoint, cause, task)
    if isinstance(cause, errors.HTTPError):
        reason = _in_one_line(cause) or type(cause).__name__
        return IncompleteError(f"{hub.endpoint}: cannot be reached ({reason}); {_AGAIN[task]}")
    reason = _in_one_line(f"{error} {error.__cause__ or ''}")
    return IncompleteError(f"{repo}: the {task} failed ({reason}); {_AGAIN[task]}")


def _find_cause(error: BaseException, http_error: type[BaseException]) -> BaseException | None:
    """The HTTP error that led to this one. The library wraps failed transfers in errors of its own."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, http_error):
        cause = cause.__cause__
    return cause


def _explain_answer(repo: str, endpoint: str, error: Any, task: Task) -> InputError | IncompleteError:
    status = error.response.status_code
    said = _in_one_line(error.server_message or error)
    cure = _CURES[task].get(status, _AGAIN[task])
    kind = InputError if status in _USERS_FAULT else IncompleteError
    return kind(f"{repo}: {endpoint} answered {status} ({said}); {cure}")


def _in_one_line(message: object) -> str:
    return " ".join(str(message).split())
