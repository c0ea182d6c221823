"""The exception of a failed action."""


class ActionFailed(Exception):
    """An action failed. The message is reported as AI2-THOR's `errorMessage`."""
