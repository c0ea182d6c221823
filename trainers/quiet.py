"""Keeps upstream's chatter off the terminal: simgen shows one bar a phase and the table."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging


@contextmanager
def quiet() -> Iterator[None]:
    """Within it transformers shows no bars and no advice, and its deprecations are not printed.

    TRL 1.16 still uses what transformers 5.23 deprecates (gradient_checkpointing), so a user could
    do nothing about those warnings.
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
