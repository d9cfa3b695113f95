"""Subsection grades: what the problems add up to, and what staff put in their place."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from grading.keys import UsageKey
from grading.override import SubsectionGradeOverride
from grading.score import ProblemScore, RecordedScore, Total, problem_score, total
from grading.structure import Subsection


class SubsectionGrade(NamedTuple):
    """One learner's grade in one subsection.

    The computed totals are what the learner's own work earned, over all problems and over the
    graded ones. ``version`` is 0 and ``last_updated`` None until it is stored.
    """

    usage_key: UsageKey
    computed_all_total: Total
    computed_graded_total: Total
    override: SubsectionGradeOverride | None = None
    visible_blocks_hash: str = ""
    course_version: str = ""
    version: int = 0
    last_updated: datetime | None = None

    @property
    def first_attempted_at(self) -> datetime | None:
        """Return when any of the problems was first attempted, graded or not."""
        return self.computed_all_total.first_attempted_at

    @property
    def attempted(self) -> bool:
        """Tell whether any of the problems was ever attempted."""
        return self.computed_all_total.first_attempted_at is not None

    @property
    def engaged(self) -> bool:
        """Tell whether there is anything to grade: an attempt, or staff's word."""
        return self.attempted or self.override is not None

    @property
    def overridden(self) -> bool:
        """Tell whether staff have put points in the place of computed ones."""
        return self.override is not None

    @property
    def persisted(self) -> bool:
        """Tell whether this grade is a stored one."""
        return self.version > 0

    @property
    def all_total(self) -> Total:
        """Return the total that counts over all problems."""
        if self.override is None:
            return self.computed_all_total
        return _overridden(
            self.computed_all_total, self.override.earned_all, self.override.possible_all
        )

    @property
    def graded_total(self) -> Total:
        """Return the total that counts in the course grade."""
        if self.override is None:
            return self.computed_graded_total
        return _overridden(
            self.computed_graded_total, self.override.earned_graded, self.override.possible_graded
        )

    def next_version(self, now: datetime) -> "SubsectionGrade":
        """Return this grade as it is stored when its values have changed."""
        return SubsectionGrade(
            self.usage_key,
            self.computed_all_total,
            self.computed_graded_total,
            self.override,
            self.visible_blocks_hash,
            self.course_version,
            self.version + 1,
            now,
        )


def _overridden(computed: Total, earned: float | None, possible: float | None) -> Total:
    return Total(
        computed.earned if earned is None else earned,
        computed.possible if possible is None else possible,
        computed.first_attempted_at,
    )


def problem_scores(
    subsection: Subsection, recorded: Mapping[UsageKey, RecordedScore]
) -> list[ProblemScore]:
    """Score the problems that the learner meets, in course order."""
    scores = []
    for problem in subsection.problems_for(recorded):
        score = problem_score(problem, recorded.get(problem.usage_key))
        if score is not None:
            scores.append(score)
    return scores


def subsection_grade(
    usage_key: UsageKey,
    scores: Sequence[ProblemScore],
    *,
    visible_blocks_hash: str = "",
    course_version: str = "",
) -> SubsectionGrade:
    """Add up a subsection's problem scores."""
    graded = [score for score in scores if score.graded]
    all_total = total(scores)
    graded_total = all_total if len(graded) == len(scores) else total(graded)
    return SubsectionGrade(
        usage_key, all_total, graded_total, None, visible_blocks_hash, course_version
    )


def section_total(grades: Iterable[SubsectionGrade]) -> Total:
    """Sum the graded totals of a section's subsections, in course order."""
    earned = possible = 0.0
    for grade in grades:
        earned += grade.graded_total.earned
        possible += grade.graded_total.possible
    return Total(earned, possible)


def revised(stored: SubsectionGrade | None, computed: SubsectionGrade) -> SubsectionGrade:
    """Return the computed grade with what a stored one keeps: first attempt, override, version.

    A stored grade knows one first attempt, which stands for both totals, as in Open edX. The
    result is ``stored`` where the same problems come to the same points, whatever else has changed
    in the course: a new policy rewrites no subsection grade.
    """
    if stored is None:
        return computed
    first = stored.computed_all_total.first_attempted_at or computed.first_attempted_at
    all_total = computed.computed_all_total.since(first)
    graded_total = computed.computed_graded_total.since(first)
    if (
        all_total == stored.computed_all_total
        and graded_total == stored.computed_graded_total
        and computed.visible_blocks_hash == stored.visible_blocks_hash
    ):
        return stored
    return SubsectionGrade(
        computed.usage_key,
        all_total,
        graded_total,
        stored.override,
        computed.visible_blocks_hash,
        computed.course_version,
        stored.version,
        stored.last_updated,
    )


def is_to_be_stored(grade: SubsectionGrade, *, score_deleted: bool = False) -> bool:
    """Tell whether a computed grade gets a row: one for whoever did something, none for others."""
    return grade.engaged or score_deleted or grade.persisted
