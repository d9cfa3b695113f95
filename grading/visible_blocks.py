"""What a stored subsection grade remembers of the problems that it counted."""

from collections.abc import Iterable
from dataclasses import dataclass

from grading.digest import canonical_digest
from grading.keys import CourseKey, UsageKey

_VERSION = 1


@dataclass(frozen=True, slots=True)
class VisibleBlock:
    """One problem as it was when it was counted."""

    usage_key: UsageKey
    weight: float | None
    raw_possible: float | None
    graded: bool


def visible_blocks_digest(course_key: CourseKey, blocks: Iterable[VisibleBlock]) -> str:
    """Return Open edX's hash of the blocks, which depends on their order."""
    return canonical_digest(
        {
            "blocks": [
                {
                    "graded": block.graded,
                    "locator": block.usage_key,
                    "raw_possible": block.raw_possible,
                    "weight": block.weight,
                }
                for block in blocks
            ],
            "course_key": course_key,
            "version": _VERSION,
        }
    )
