"""How an action says that it could not be done."""


class ActionFailed(Exception):
    """The action could not be done; the message is what AI2-THOR reports as `errorMessage`."""
