"""A check for the packages of an extra, such as [train], that does not import them."""

from collections.abc import Sequence
from importlib.util import find_spec

from simgen.errors import MissingSystemError

TRAIN_PACKAGES = ("torch", "transformers", "trl", "accelerate", "datasets", "matplotlib", "peft")


def require_train_extra() -> None:
    """Raises MissingSystemError, which names the missing packages, unless the [train] extra is installed."""
    require_packages("training", TRAIN_PACKAGES)


def require_packages(what: str, packages: Sequence[str], extra: str = "train") -> None:
    """Raises MissingSystemError unless the packages, which the extra has, are installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingSystemError(
            f"{what} needs {', '.join(missing)}; install the extra with: pip install 'simgen[{extra}]'"
        )
