"""Assignment types that other content calls otherwise, and what still has the old name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grading.content import CourseContent
from grading.policy import AssignmentType


@dataclass(frozen=True, slots=True)
class RenamedType:
    """A row of the policy that seems to be called ``after`` where it was called ``before``.

    ``uncounted`` is how many graded subsections still have the old name: they do not count.
    """

    before: str
    after: str
    uncounted: int


def renamed_types(before: CourseContent, after: CourseContent) -> tuple[RenamedType, ...]:
    """Return the types that seem to be called otherwise, in the order of the former policy.

    One that is gone and one that is new are taken for the same where a subsection went from one
    to the other, else where their labels are equal, else where weight and counts are.
    """

    def moved(old: AssignmentType, new: AssignmentType) -> bool:
        now_theirs = {one.usage_key for one in after.graded_subsections_by_type.get(new.name, ())}
        before_that = before.graded_subsections_by_type.get(old.name, ())
        return any(one.usage_key in now_theirs for one in before_that)

    gone, new = _without(before, after), _without(after, before)
    found: dict[str, str] = {}
    for alike in (moved, _labelled_alike, _counted_alike):
        found |= _pairs(gone, new, alike)
        gone = [kind for kind in gone if kind.name not in found]
        new = [kind for kind in new if kind.name not in found.values()]
    left = after.graded_subsections_by_type
    return tuple(
        RenamedType(kind.name, found[kind.name], len(left.get(kind.name, ())))
        for kind in _without(before, after)
        if kind.name in found
    )


def _without(content: CourseContent, other: CourseContent) -> list[AssignmentType]:
    theirs = {kind.name for kind in other.policy.assignment_types}
    ours = {kind.name: kind for kind in content.policy.assignment_types}
    return [kind for name, kind in ours.items() if name not in theirs]


def _pairs(
    gone: list[AssignmentType],
    new: list[AssignmentType],
    alike: Callable[[AssignmentType, AssignmentType], bool],
) -> Iterator[tuple[str, str]]:
    free = list(new)
    for old in gone:
        for one in free:
            if alike(old, one):
                free.remove(one)
                yield old.name, one.name
                break


def _labelled_alike(old: AssignmentType, new: AssignmentType) -> bool:
    return old.short_label == new.short_label


def _counted_alike(old: AssignmentType, new: AssignmentType) -> bool:
    return (old.weight, old.min_count, old.drop_count) == (
        new.weight,
        new.min_count,
        new.drop_count,
    )
