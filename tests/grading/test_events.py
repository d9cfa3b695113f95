"""What a regrade announces: against the row before it, once, and in causal order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from grading import (
    CourseContent,
    CourseGradeChanged,
    CourseGradeSnapshot,
    EventKind,
    GradeChange,
    LearnerId,
    LearnerRecord,
    PassingStatus,
    PassingStatusChanged,
    Points,
    Regraded,
    SubsectionGradeChanged,
    regrade,
)
from grading.events import snapshot
from tests.grading.courses import (
    TUESDAY,
    assignment_type,
    block,
    content_of,
    policy,
    score,
    subsection,
    subsection_key,
)

LEARNER: Final = LearnerId(7)
POLICY: Final = policy(assignment_type("Homework"), cutoffs={"A": 0.9, "B": 0.75, "Pass": 0.5})
SUBSECTIONS: Final = [subsection("a", "Homework", problems=2), subsection("b", "Homework")]
CONTENT: Final = content_of(SUBSECTIONS, POLICY)
NOT_ATTEMPTED, FAILING, PASSING = PassingStatus


class Gradebook:
    """One learner's stored grades, changed by one regrade after the other."""

    def __init__(self, content: CourseContent = CONTENT) -> None:
        self.content = content
        self.record = LearnerRecord()
        self.now = TUESDAY

    def regrade(self) -> Regraded:
        """Recompute everything and store what changed."""
        self.now += timedelta(hours=1)
        result = regrade(
            self.content, LEARNER, self.record, recompute=self.content.subsections, now=self.now
        )
        self.record = replace(
            self.record,
            course_grade=result.course_grade_to_store or self.record.course_grade,
            subsection_grades=result.subsection_grades,
        )
        return result

    def score(self, points: Mapping[str, float | None]) -> tuple[GradeChange, ...]:
        """Record scores by problem, and return what is announced."""
        new = {block("problem", name): score(earned) for name, earned in points.items()}
        self.record = replace(self.record, scores={**self.record.scores, **new})
        return self.regrade().changes


def points_changed(
    name: str, version: int, before: tuple[float, float] | None, after: tuple[float, float]
) -> SubsectionGradeChanged:
    return SubsectionGradeChanged(
        LEARNER,
        version,
        subsection_key(name),
        None if before is None else Points(*before),
        Points(*after),
    )


def status_of(change: GradeChange) -> tuple[int, PassingStatus, PassingStatus, bool]:
    assert isinstance(change, PassingStatusChanged)
    return change.version, change.before, change.after, change.first_time_passed


NOTHING: Final = CourseGradeSnapshot(0.0, None, False, FAILING)
HALF: Final = CourseGradeSnapshot(0.5, "Pass", True, PASSING)
ALL: Final = CourseGradeSnapshot(1.0, "A", True, PASSING)


def test_a_first_grade_that_fails_is_a_transition_from_not_attempted() -> None:
    assert Gradebook().score({"b_1": 0.0}) == (
        points_changed("b", 1, None, (0.0, 1.0)),
        CourseGradeChanged(LEARNER, 1, None, NOTHING, first_time_passed=False),
        PassingStatusChanged(LEARNER, 1, NOT_ATTEMPTED, FAILING, first_time_passed=False),
    )


def test_a_first_grade_that_passes_is_a_transition_from_not_attempted() -> None:
    assert Gradebook().score({"b_1": 1.0}) == (
        points_changed("b", 1, None, (1.0, 1.0)),
        CourseGradeChanged(LEARNER, 1, None, HALF, first_time_passed=True),
        PassingStatusChanged(LEARNER, 1, NOT_ATTEMPTED, PASSING, first_time_passed=True),
    )


def test_subsections_come_in_course_order_then_the_course_then_passing() -> None:
    changes = Gradebook().score({"b_1": 1.0, "a_2": 1.0, "a_1": 1.0})

    assert changes == (
        points_changed("a", 1, None, (2.0, 2.0)),
        points_changed("b", 1, None, (1.0, 1.0)),
        CourseGradeChanged(LEARNER, 1, None, ALL, first_time_passed=True),
        PassingStatusChanged(LEARNER, 1, NOT_ATTEMPTED, PASSING, first_time_passed=True),
    )
    assert [change.kind for change in changes] == [
        EventKind.SUBSECTION_GRADE_CHANGED,
        EventKind.SUBSECTION_GRADE_CHANGED,
        EventKind.COURSE_GRADE_CHANGED,
        EventKind.COURSE_GRADE_NOW_PASSED,
    ]


def test_who_passes_fails_and_passes_again_passed_for_the_first_time_once() -> None:
    grades = Gradebook()

    found = [grades.score({"b_1": points}) for points in (0.0, 1.0, 0.5, 1.0)]

    assert [status_of(changes[-1]) for changes in found] == [
        (1, NOT_ATTEMPTED, FAILING, False),
        (2, FAILING, PASSING, True),
        (3, PASSING, FAILING, False),
        (4, FAILING, PASSING, False),
    ]
    assert [
        change.first_time_passed
        for changes in found
        for change in changes
        if isinstance(change, CourseGradeChanged)
    ] == [False, True, False, False]
    assert [changes[-1].kind for changes in found] == [
        EventKind.COURSE_GRADE_NOW_FAILED,
        EventKind.COURSE_GRADE_NOW_PASSED,
        EventKind.COURSE_GRADE_NOW_FAILED,
        EventKind.COURSE_GRADE_NOW_PASSED,
    ]


def test_another_letter_is_no_other_passing_status() -> None:
    grades = Gradebook()
    grades.score({"b_1": 1.0})

    assert grades.score({"a_1": 1.0}) == (
        points_changed("a", 1, None, (1.0, 2.0)),
        CourseGradeChanged(
            LEARNER,
            2,
            HALF,
            CourseGradeSnapshot(0.75, "B", True, PASSING),
            first_time_passed=False,
        ),
    )


def test_a_subsection_that_moves_no_percent_is_announced_alone() -> None:
    none_counts = content_of(SUBSECTIONS, policy(assignment_type("Exam")))
    grades = Gradebook(none_counts)
    grades.score({"b_1": 0.5})

    assert grades.score({"b_1": 1.0}) == (points_changed("b", 2, (0.5, 1.0), (1.0, 1.0)),)


def test_a_score_taken_back_is_announced_like_any_other() -> None:
    grades = Gradebook()
    grades.score({"b_1": 1.0})

    assert grades.score({"b_1": None}) == (
        points_changed("b", 2, (1.0, 1.0), (0.0, 1.0)),
        CourseGradeChanged(LEARNER, 2, HALF, NOTHING, first_time_passed=False),
        PassingStatusChanged(LEARNER, 2, PASSING, FAILING, first_time_passed=False),
    )


def test_where_nothing_changed_nothing_is_announced() -> None:
    grades = Gradebook()
    grades.score({"a_1": 1.0, "b_1": 1.0})

    assert grades.score({"b_1": 1.0}) == ()
    assert Gradebook().regrade().changes == ()


def test_new_content_with_the_same_values_is_stored_and_not_announced() -> None:
    grades = Gradebook()
    grades.score({"b_1": 1.0})
    grades.content = content_of(replace(CONTENT.structure, display_name="Renamed"), POLICY)

    result = grades.regrade()

    assert result.course_grade_to_store is not None
    assert result.course_grade_to_store.course_version == grades.content.version
    assert result.subsection_grades_to_store == ()
    assert result.changes == ()


def test_a_policy_that_asks_for_more_fails_who_passed() -> None:
    grades = Gradebook()
    grades.score({"b_1": 1.0})
    grades.content = content_of(SUBSECTIONS, policy(assignment_type("Homework"), cutoffs={"A": 1}))

    assert grades.regrade().changes == (
        CourseGradeChanged(
            LEARNER,
            2,
            HALF,
            CourseGradeSnapshot(0.5, None, False, FAILING),
            first_time_passed=False,
        ),
        PassingStatusChanged(LEARNER, 2, PASSING, FAILING, first_time_passed=False),
    )


def test_standing_where_one_stood_can_be_told_of_any_change_of_a_grade() -> None:
    grades = Gradebook()
    first = grades.score({"b_1": 1.0})[1]
    second = grades.score({"a_1": 1.0})[1]

    assert isinstance(first, CourseGradeChanged)
    assert isinstance(second, CourseGradeChanged)
    assert status_of(first.passing_status()) == (1, NOT_ATTEMPTED, PASSING, True)
    assert status_of(second.passing_status()) == (2, PASSING, PASSING, False)


@settings(max_examples=60)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a_1", "a_2", "b_1"]), st.sampled_from([None, 0.0, 0.25, 0.5, 1.0])
        ),
        max_size=8,
    )
)
def test_whoever_replays_the_events_has_the_stored_grades(
    steps: list[dict[str, float | None]],
) -> None:
    grades = Gradebook()
    points: dict[str, Points] = {}
    grade: CourseGradeSnapshot | None = None
    status = NOT_ATTEMPTED
    versions: dict[str, int] = {}
    times_passed_first = 0
    for step in steps:
        for change in grades.score(step):
            match change:
                case SubsectionGradeChanged():
                    key = str(change.usage_key)
                    assert change.before == points.get(key)
                    points[key] = change.after
                case CourseGradeChanged():
                    key = "course"
                    assert change.before == grade
                    assert change.before != change.after
                    grade = change.after
                    times_passed_first += change.first_time_passed
                case PassingStatusChanged():
                    assert change.before is status
                    assert change.before is not change.after
                    assert change.version == versions["course"]
                    status = change.after
                    continue
            assert change.version == versions.get(key, 0) + 1
            versions[key] = change.version

    stored = grades.record.course_grade
    assert grade == (None if stored is None else snapshot(stored))
    assert status is (NOT_ATTEMPTED if stored is None else stored.passing_status)
    assert points == {
        key: Points(one.graded_total.earned, one.graded_total.possible)
        for key, one in grades.record.subsection_grades.items()
    }
    assert times_passed_first == (stored is not None and stored.passed_at is not None)
