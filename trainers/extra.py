"""A check for the packages of the [train] extra that does not import them."""

from importlib.util import find_spec

from simgen.errors import MissingSystemError

TRAIN_PACKAGES = ("torch", "transformers", "trl", "accelerate", "datasets", "peft")


def require_train_extra() -> None:
    """Raises MissingSystemError, which names the missing packages, unless the [train] extra is installed."""
    missing = [name for name in TRAIN_PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingSystemError(
            f"training needs {', '.join(missing)}; install the extra with: pip install 'simgen[train]'"
        )
