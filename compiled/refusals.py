"""What cannot be compiled, and is left to the stock executor."""


class NotCompiled(Exception):
    """Something that only the stock executor does, whatever the values are."""
