"""Text that both engines can keep."""


def is_storable(text: str) -> bool:
    """Tell whether a text has neither a NUL, which PostgreSQL refuses, nor half a character."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:  # a surrogate without its other half: JSON can spell it
        return False
