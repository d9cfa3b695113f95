"""What-if: the course grade that supposed scores would give."""

import math
from collections.abc import Mapping, Sequence

from db.courses import StoredCourse
from grading import (
    EVERYTHING,
    ComputationFailed,
    LearnerId,
    RecordedScore,
    ScoreOutOfRange,
    SupposedScore,
    TooManyItems,
    UsageKey,
    learners_view,
    suppose,
)
from resolvers import access
from resolvers.breakdown import Breakdown
from resolvers.context import Context
from resolvers.loaders import Enrolled
from resolvers.scores import MAX_POINTS

__all__ = ["SupposedScore", "preview"]

MAX_SCORES = 100


async def preview(
    context: Context, course: StoredCourse, learner_id: LearnerId, scores: Sequence[SupposedScore]
) -> Breakdown:
    """Return the parts of the grade that these scores would give if they were recorded now.

    Of a grade with hidden results the viewer learns no more than what is supposed and seen.

    :raises TooManyItems: if there are more than 100.
    :raises ScoreOutOfRange: if points are negative, too many, or no number.
    :raises BlockNotFound: if the course has neither a problem nor a subsection of a key.
    :raises DuplicateItem: if a subsection is supposed twice: with a problem in it, too.
    :raises InvalidInput: if nothing says what a problem is worth.
    :raises ComputationFailed: if the figures leave the range of numbers.
    """
    access.require_grades_reader(context.viewer, course.key, learner_id)
    if len(scores) > MAX_SCORES:
        raise TooManyItems(f"{len(scores)} scores are more than {MAX_SCORES}.", field=["scores"])
    for at, score in enumerate(scores):
        _require_possible(at, score)
    now = context.now()
    enrolled = Enrolled(course, learner_id)
    stored = await context.loaders.subsection_grades.load(enrolled) or {}
    recorded: Mapping[UsageKey, RecordedScore] = {}
    if any(score.usage_key in course.content.problems for score in scores):
        recorded = await context.loaders.recorded_scores.load(enrolled) or {}
    of_learners = learners_view(course.content, now)
    # Drops and totals over many suppositions would tell what is hidden but counted.
    sees_all = access.sees_hidden_results(context.viewer, course.key)
    view = EVERYTHING if sees_all else of_learners.strictly()
    supposed = suppose(course.content, stored, recorded, scores, view, now)
    parts = Breakdown(
        course, learner_id, {**stored, **supposed}, of_learners, view, frozenset(supposed)
    )
    if not math.isfinite(parts.computation.unrounded):
        raise ComputationFailed("These scores add up to no finite number.")
    return parts


def _require_possible(at: int, score: SupposedScore) -> None:
    for name, points in (("earned", score.earned), ("possible", score.possible)):
        if points is not None and not (math.isfinite(points) and 0 <= points <= MAX_POINTS):
            raise ScoreOutOfRange(
                f"{name} of {score.usage_key} must be a number from 0 to {MAX_POINTS:g}.",
                minimum=0.0,
                maximum=MAX_POINTS,
                field=["scores", str(at), name],
            )
