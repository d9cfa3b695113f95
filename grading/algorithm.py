"""Algorithm versions: which era of Open edX's rounding a course is graded by."""

from enum import StrEnum


class Algorithm(StrEnum):
    """How figures are rounded on the way to a grade (edx-platform, PR 27788).

    ``EDX_2024`` rounds a subsection's percent to 4 decimals, ``EDX_2022`` to 2. All else is equal.
    """

    EDX_2022 = "EDX_2022"
    EDX_2024 = "EDX_2024"

    @property
    def subsection_decimals(self) -> int:
        """Decimals that a subsection's percent keeps, as a fraction of one."""
        return 4 if self is Algorithm.EDX_2024 else 2

    @property
    def text_decimals(self) -> int:
        """Decimals of a percentage in the texts of a breakdown."""
        return 2 if self is Algorithm.EDX_2024 else 0
