"""Silences transformers and TRL: simgen itself shows one progress bar for each phase, and the table."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging


@contextmanager
def silence_transformers() -> Iterator[None]:
    """Inside this context transformers shows no progress bars, no advice and no deprecation warnings.

    TRL 1.16 still uses an option that transformers 5.23 deprecates (gradient_checkpointing), so a user
    could do nothing about those warnings.
    """
    verbosity, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bars:
            logging.enable_progress_bar()
