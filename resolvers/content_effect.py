"""What other content would make of the stored grades of a course, before it is published."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from db.course_grades import graded_ids
from db.courses import StoredCourse
from grading import (
    ComputationFailed,
    CourseContent,
    EffectOnGrades,
    LearnerId,
    PreviewedGrade,
    preview,
)
from resolvers.context import Context
from resolvers.progress import Progress, unseen
from resolvers.regrading import learner_records

_PAGE: Final = 500  # learners looked at together
_SHOWN: Final = 100  # learners named one by one

# Called again and again with grades that would be others.
Tell = Callable[[Sequence[PreviewedGrade]], None]


@dataclass(frozen=True, slots=True)
class ContentEffect:
    """What other content would come to.

    ``course`` is as it is now. ``shown`` are the first learners whose letter or pass would be
    another, and then those whose percent alone would. ``failed`` is how many grades could not be
    computed.
    """

    course: StoredCourse
    counts: EffectOnGrades
    shown: tuple[PreviewedGrade, ...]
    failed: int


def to_nobody(changed: Sequence[PreviewedGrade]) -> None:
    """Tell nobody."""


async def effect_of(
    context: Context,
    course: StoredCourse,
    content: CourseContent,
    *,
    tell: Tell = to_nobody,
    progress: Progress = unseen,
) -> ContentEffect:
    """Return what other content would make of the stored grades of a course.

    ``tell`` is called with all grades that would be others, in the order of the learners' ids;
    ``progress`` counts learners.
    """
    counts, failed = EffectOnGrades(), 0
    notable: list[PreviewedGrade] = []
    others: list[PreviewedGrade] = []
    last: LearnerId | None = None
    while learner_ids := await graded_ids(course.id, after=last, limit=_PAGE):
        last = learner_ids[-1]
        records = await learner_records(course, learner_ids, with_scores=True)
        previews = []
        for learner_id in learner_ids:
            try:
                one = preview(content, learner_id, records[learner_id], now=context.now())
            except ComputationFailed:
                failed += 1
                continue
            if one is not None:
                previews.append(one)
        counts = counts.with_more(previews)
        changed = [one for one in previews if one.changes]
        tell(changed)
        progress(counts.learners + failed, None)
        for one in changed:
            kind = notable if one.letter_changes or one.pass_changes else others
            if len(kind) < _SHOWN:
                kind.append(one)
    return ContentEffect(course, counts, tuple((notable + others)[:_SHOWN]), failed)


async def all_graded_ids(course_id: int) -> list[LearnerId]:
    """Return everybody who has a stored grade in a course."""
    found: list[LearnerId] = []
    while page := await graded_ids(course_id, after=found[-1] if found else None, limit=10_000):
        found += page
    return found
