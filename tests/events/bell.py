"""A tail that reads nothing."""


class Bell:
    """Counts how often it was woken."""

    place = 0

    def __init__(self) -> None:
        self.rung = 0

    def wake(self) -> None:
        self.rung += 1
