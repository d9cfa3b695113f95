"""What-if: the subsection grades that supposed scores would make, stored nowhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from grading.content import CourseContent
from grading.errors import BlockNotFound, DuplicateItem, InvalidInput
from grading.keys import UsageKey
from grading.score import RecordedScore, Total
from grading.subsection_grade import SubsectionGrade, revised
from grading.visibility import LearnersView


@dataclass(frozen=True, slots=True)
class SupposedScore:
    """Points that somebody supposes for a problem, unweighted, or for a whole subsection.

    ``possible`` None is what the problem or the subsection is worth already.
    """

    usage_key: UsageKey
    earned: float
    possible: float | None = None


def suppose(  # noqa: PLR0913, PLR0917 - a learner's grades, what is supposed, and who looks when
    content: CourseContent,
    grades: Mapping[UsageKey, SubsectionGrade],
    recorded: Mapping[UsageKey, RecordedScore],
    scores: Iterable[SupposedScore],
    view: LearnersView,
    now: datetime,
) -> dict[UsageKey, SubsectionGrade]:
    """Return the grades of the subsections that supposed scores touch.

    The points of a subsection replace its override as well; the score of a problem does not, as
    recording it would not. What is hidden from who looks is taken as if nothing had been done.

    :raises BlockNotFound: if the course has neither a problem nor a subsection of a key.
    :raises DuplicateItem: if a subsection is supposed twice: with a problem in it, too.
    :raises InvalidInput: if neither the score nor the course says what a problem is worth.
    """
    whole: dict[UsageKey, SubsectionGrade] = {}
    of_problems: dict[UsageKey, RecordedScore] = {}
    for score in scores:
        key = score.usage_key
        if key in whole or key in of_problems:
            raise DuplicateItem(f"There are two scores for {key}.")
        if key in content.subsections:
            stored = None if view.conceals(key) else grades.get(key)
            whole[key] = _supposed_grade(stored or content.zero_grades[key], score, now)
        elif key in content.problems:
            known = recorded.get(key) if is_known(content, key, view) else None
            of_problems[key] = _supposed_score(content, known, score, now)
        else:
            raise BlockNotFound(f"The course has no problem and no subsection {key}.")
    found = dict(whole)
    for problem_key in of_problems:
        for subsection in content.subsections_of_problem[problem_key]:
            key = subsection.usage_key
            if key in whole:
                raise DuplicateItem(f"There are scores for {key} and for {problem_key} in it.")
            hidden = view.conceals(key)
            known_scores = of_problems if hidden else {**recorded, **of_problems}
            computed = content.subsection_grade(subsection, known_scores)
            found[key] = computed if hidden else revised(grades.get(key), computed)
    return found


def is_known(content: CourseContent, problem_key: UsageKey, view: LearnersView) -> bool:
    """Tell whether who looks may see a problem's score in any of its subsections."""
    return not all(
        view.conceals(one.usage_key) for one in content.subsections_of_problem[problem_key]
    )


def _supposed_grade(grade: SubsectionGrade, score: SupposedScore, now: datetime) -> SubsectionGrade:
    first = grade.first_attempted_at or now
    possible = grade.graded_total.possible if score.possible is None else score.possible
    return grade._replace(
        computed_all_total=grade.all_total._replace(first_attempted_at=first),
        computed_graded_total=Total(score.earned, possible, first),
        override=None,
    )


def _supposed_score(
    content: CourseContent, known: RecordedScore | None, score: SupposedScore, now: datetime
) -> RecordedScore:
    possible = score.possible
    if possible is None:
        known_possible = None if known is None else known.possible
        possible = known_possible or content.problems[score.usage_key].max_score
    if possible is None:
        raise InvalidInput(f"Nothing says what {score.usage_key} is worth: give `possible`.")
    first = now if known is None else known.first_scored_at
    return RecordedScore(score.earned, possible, scored_at=now, first_scored_at=first)
