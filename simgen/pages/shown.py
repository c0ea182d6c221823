"""Texts as messages show them: on one line and not too long."""

LONGEST_SHOWN = 60
"""Characters of a key or value that a message shows."""


def show(text: str, longest: int = LONGEST_SHOWN) -> str:
    """A text, cut after `longest` characters, on one line."""
    return escape(text if len(text) <= longest else f"{text[:longest]}...")


def escape(text: str) -> str:
    """A text with escapes, such as \\n, for line breaks and other characters that cannot be printed."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )
