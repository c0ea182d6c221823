"""Everything simgen raises for the world's faults, as one tree.

    SimgenError                 caught by the command line: one line, no traceback
    ├── InputError              the user's input is wrong (exit code 2)
    │   ├── RecipeError         a recipe that cannot be read or has mistakes
    │   ├── TemplateError       a question template that cannot be read or has mistakes
    │   ├── AssetError          an asset pack that cannot be read or has mistakes
    │   ├── MissingDataError    an earlier step has not been run yet
    │   └── MissingSystemError  a library, driver or extra that this machine lacks
    ├── ClipError               a clip file that is damaged, foreign or too new
    ├── EngineError             the simulator could not do what was asked
    │   └── EngineFault         its process crashed, hung or answered wrongly: a fresh one may do it
    ├── HouseError              a house that could not be sampled, read or used
    └── IncompleteError         work ended, but not all of it succeeded (exit code 1)

A message says where, what and the cure, on one line.
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


class AssetError(InputError):
    """An asset pack cannot be read or has mistakes."""


class MissingDataError(InputError):
    """A step was asked for before the one that makes its input."""


class MissingSystemError(InputError):
    """This machine lacks a system library, a driver or an extra."""


class ClipError(SimgenError):
    """A clip file is damaged, foreign, or written by a newer simgen."""


class EngineError(SimgenError):
    """The simulator could not do what was asked."""


class EngineFault(EngineError):
    """The simulator's process crashed, hung, or gave an answer that is not right; a fresh one may do it."""


class HouseError(SimgenError):
    """A house could not be sampled, read or used."""


class IncompleteError(SimgenError):
    """Some of the work failed; what succeeded is kept."""
