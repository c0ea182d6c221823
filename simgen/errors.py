"""All errors that simgen raises on purpose, as one tree.

    SimgenError                 the command line prints it as one line, without a traceback
    ├── InputError              the user's input is wrong (exit code 2)
    │   ├── RecipeError         a recipe that cannot be read or has mistakes
    │   ├── TemplateError       a question template that cannot be read or has mistakes
    │   ├── TrainingConfigError a training config that cannot be read or has mistakes
    │   ├── AssetError          an asset pack that cannot be read or has mistakes
    │   ├── MissingDataError    an earlier step has not been run yet
    │   └── MissingSystemError  a library, driver or extra that this machine lacks
    ├── ClipError               a clip file that is damaged, foreign or too new
    ├── EngineError             the simulator could not carry out an action
    │   └── EngineFault         its process crashed, hung or gave a wrong answer; a new process may succeed
    ├── HouseError              a house that could not be sampled, read or used
    ├── OtherProcessError       another process of this run failed and prints why; this one prints nothing
    └── IncompleteError         part of the work failed (exit code 1)

A message is one line: where the fault is, what it is, and how to cure it.
"""


class SimgenError(Exception):
    """Base of all errors that simgen raises on purpose."""

    exit_code = 1


class InputError(SimgenError):
    """The user's input is wrong."""

    exit_code = 2


class RecipeError(InputError):
    """A recipe cannot be read or has mistakes; the message lists all of them."""


class TemplateError(InputError):
    """A question template cannot be read or has mistakes."""


class TrainingConfigError(InputError):
    """A training config cannot be read or has mistakes; the message lists all of them."""


class AssetError(InputError):
    """An asset pack cannot be read or has mistakes."""


class MissingDataError(InputError):
    """The step that makes the input has not been run yet."""


class MissingSystemError(InputError):
    """This machine lacks a system library, a driver or an extra."""


class ClipError(SimgenError):
    """A clip file is damaged, foreign, or written by a newer simgen."""


class EngineError(SimgenError):
    """The simulator could not carry out an action."""


class EngineFault(EngineError):
    """The simulator's process crashed, hung or gave a wrong answer; a new process may succeed."""


class HouseError(SimgenError):
    """A house could not be sampled, read or used."""


class OtherProcessError(SimgenError):
    """Another process of the same run failed. It prints the reason, so the command line prints nothing."""


class IncompleteError(SimgenError):
    """Part of the work failed; finished results are kept."""
