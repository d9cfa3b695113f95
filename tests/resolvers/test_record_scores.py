import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db.courses import StoredCourse
from db.learners import Learner
from db.sql import as_datetime, fetch
from grading import (
    BlockNotFound,
    ComputationFailed,
    CourseGrade,
    CourseKey,
    CourseNotFound,
    DuplicateItem,
    Forbidden,
    GradesFrozen,
    GradingError,
    InvalidInput,
    LearnerId,
    LearnerNotEnrolled,
    LearnerNotFound,
    Problem,
    ScoreOutdated,
    ScoreOutOfRange,
    Selection,
    TooManyItems,
    UsageKey,
)
from resolvers import course_grades, scores
from resolvers.access import ANONYMOUS
from resolvers.learners import LearnerRef
from resolvers.score_recording import Fate, ScoreOutcome
from resolvers.scores import ScoreRequest
from tests.factories import (
    LEARNER,
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
    request,
    subsection,
    subsection_key,
)
from tests.grading.courses import block, problem
from tests.invariants import broken_rules
from tests.resolvers.test_read import all_rows

ADA, BEA = LearnerId(1), LearnerId(2)
EARLIER, LATER = NOW - timedelta(microseconds=1), NOW + timedelta(hours=1)


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, 2)
    return course


async def send(
    course: StoredCourse, requests: Sequence[ScoreRequest], *, at: datetime = NOW
) -> list[ScoreOutcome | GradingError]:
    return await scores.record(context_of(now=at), course, requests)


async def recorded(course: StoredCourse, one: ScoreRequest, *, at: datetime = NOW) -> ScoreOutcome:
    (outcome,) = await send(course, [one], at=at)
    assert isinstance(outcome, ScoreOutcome), outcome
    return outcome


async def refusal(course: StoredCourse, one: ScoreRequest, *, at: datetime = NOW) -> GradingError:
    """Send a score that is refused, and make sure that nothing is stored of it."""
    rows = await all_rows()
    (outcome,) = await send(course, [one], at=at)
    error = outcome.error if isinstance(outcome, ScoreOutcome) else outcome
    assert error is not None
    assert await all_rows() == rows
    return error


async def grade_of(course: StoredCourse, learner_id: LearnerId = ADA) -> CourseGrade:
    return await course_grades.read(context_of(), course, learner_id)


async def exam_points(name: str = "exam", learner_id: LearnerId = ADA) -> tuple[float, float]:
    ((earned, possible),) = await fetch(
        "select g.earned_graded, g.possible_graded from subsection_grade g"
        " join block b on b.id = g.block_id where b.usage_key = $1 and g.learner_id = $2",
        subsection_key(name),
        learner_id,
    )
    return earned, possible


async def test_a_score_counts_at_once(course: StoredCourse) -> None:
    outcome = await recorded(course, request(ADA, "exam_1", 3, 4), at=LATER)

    assert outcome.fate is Fate.RECORDED
    assert outcome.error is None
    assert outcome.subsection == subsection_key("exam")
    assert outcome.course_grade == await grade_of(course)
    assert outcome.course_grade.unrounded == 0.75 * 0.6
    assert outcome.course_grade.last_updated == LATER
    assert await exam_points() == (3.0, 4.0)
    assert await broken_rules() == []


async def test_what_is_stored_is_what_was_sent(course: StoredCourse) -> None:
    when = NOW - timedelta(days=2, microseconds=7)
    await recorded(
        course,
        request(ADA, "hw1_1", 0.1 + 0.2, 5e-324, scored_at=when, comment="gut ☺"),
    )

    ((earned, possible, scored_at, first, comment, updated_at),) = await fetch(
        "select earned, possible, scored_at, first_scored_at, comment, updated_at"
        " from problem_score"
    )

    assert (earned, possible, comment) == (0.1 + 0.2, 5e-324, "gut ☺")
    assert (as_datetime(scored_at), as_datetime(first)) == (when, when)
    assert as_datetime(updated_at) == NOW


async def test_an_older_score_is_refused_and_nothing_is_stored(course: StoredCourse) -> None:
    await recorded(course, request(ADA, "exam_1", 0.5))

    error = await refusal(course, request(ADA, "exam_1", 1, scored_at=EARLIER), at=LATER)

    assert isinstance(error, ScoreOutdated)
    assert error.code == "SCORE_OUTDATED"
    assert error.message == (
        "This score is of 2026-03-02 09:30:15 UTC; a newer one, of 2026-03-02 09:30:15 UTC, "
        "is stored."
    )


async def test_the_same_score_again_is_no_news(course: StoredCourse) -> None:
    first = await recorded(course, request(ADA, "exam_1", 0.5))
    rows = await all_rows()

    again = await recorded(course, request(ADA, "exam_1", 0.5), at=LATER)

    assert again.fate is Fate.UNCHANGED
    assert again.course_grade == first.course_grade
    assert again.subsection == subsection_key("exam")
    assert await all_rows() == rows


async def test_another_score_of_the_same_time_takes_its_place(course: StoredCourse) -> None:
    await recorded(course, request(ADA, "exam_1", 0.5))

    outcome = await recorded(course, request(ADA, "exam_1", 0.25), at=LATER)

    assert outcome.fate is Fate.RECORDED
    assert await exam_points() == (0.25, 1.0)


@pytest.mark.parametrize(
    ("earned", "possible", "fate", "points"),
    [
        (1, 4, Fate.NOT_HIGHER, (2.0, 4.0)),
        (0.49, 1, Fate.NOT_HIGHER, (2.0, 4.0)),
        (1, 2, Fate.RECORDED, (1.0, 2.0)),
        (3, 5, Fate.RECORDED, (3.0, 5.0)),
        (0, 0, Fate.NOT_HIGHER, (2.0, 4.0)),
        (None, 4, Fate.NOT_HIGHER, (2.0, 4.0)),
    ],
    ids=["lower", "a little lower", "equal", "higher", "nothing possible", "null"],
)
async def test_only_a_score_as_high_is_recorded_where_that_is_asked_for(
    course: StoredCourse,
    earned: float | None,
    possible: float,
    fate: Fate,
    points: tuple[float, float],
) -> None:
    before = await recorded(course, request(ADA, "exam_1", 2, 4))
    rows = await all_rows()

    outcome = await recorded(
        course,
        request(ADA, "exam_1", earned, possible, scored_at=LATER, only_if_higher=True),
        at=LATER,
    )

    assert outcome.fate is fate
    assert await exam_points() == points
    assert await broken_rules() == []
    if fate is Fate.NOT_HIGHER:
        assert await all_rows() == rows
        assert outcome.course_grade == before.course_grade


async def test_the_first_score_is_recorded_even_if_only_higher_ones_are_asked_for(
    course: StoredCourse,
) -> None:
    one = request(ADA, "exam_1", 0, only_if_higher=True)

    assert (await recorded(course, one)).fate is Fate.RECORDED


async def test_null_takes_a_score_back_and_the_first_attempt_stays(course: StoredCourse) -> None:
    await recorded(course, request(ADA, "exam_1", 1))

    outcome = await recorded(course, request(ADA, "exam_1", None, scored_at=LATER), at=LATER)

    assert outcome.fate is Fate.RECORDED
    grade = outcome.course_grade
    assert grade is not None
    assert (grade.percent, grade.passed, grade.passed_at) == (0.0, False, NOW)
    assert (grade.persisted, grade.version, grade.last_updated) == (True, 2, LATER)
    ((earned, first),) = await fetch("select earned, first_scored_at from problem_score")
    assert (earned, as_datetime(first)) == (None, NOW)
    ((attempted_at,),) = await fetch("select first_attempted_at from subsection_grade")
    assert as_datetime(attempted_at) == NOW
    assert await exam_points() == (0.0, 1.0)
    assert await broken_rules() == []

    again = await recorded(
        course, request(ADA, "exam_1", 1, scored_at=LATER + timedelta(1)), at=LATER
    )
    assert again.course_grade is not None
    assert again.course_grade.percent == 0.6
    ((first,),) = await fetch("select first_scored_at from problem_score")
    assert as_datetime(first) == NOW


async def test_a_score_taken_back_is_noted_where_its_problem_is_now(course: StoredCourse) -> None:
    await recorded(course, request(ADA, "exam_1", 1))
    moved = replace(subsection("oral", "Exam"), problems=(problem("exam_1"),))
    present = await publish_content(content_of([moved]))

    await recorded(present, request(ADA, "exam_1", None, scored_at=LATER), at=LATER)

    # Nothing in it counts as attempted any more, and still there is a row.
    ((first_attempted_at, version),) = await fetch(
        "select g.first_attempted_at, g.version from subsection_grade g"
        " join block b on b.id = g.block_id where b.usage_key = $1",
        subsection_key("oral"),
    )
    assert (first_attempted_at, version) == (None, 1)
    assert await exam_points("oral") == (0.0, 1.0)
    assert await broken_rules() == []


async def test_nothing_to_take_back_is_no_news(course: StoredCourse) -> None:
    outcome = await recorded(course, request(ADA, "exam_1", None))

    assert outcome.fate is Fate.UNCHANGED
    assert outcome.course_grade is not None
    assert not outcome.course_grade.persisted
    assert all(rows == [] for rows in (await all_rows()).values())


async def test_zero_is_a_score(course: StoredCourse) -> None:
    outcome = await recorded(course, request(ADA, "exam_1", 0))

    assert outcome.course_grade is not None
    assert outcome.course_grade.persisted
    assert outcome.course_grade.percent == 0.0
    ((attempted_at,),) = await fetch("select first_attempted_at from subsection_grade")
    assert as_datetime(attempted_at) == NOW


async def test_more_than_possible_is_kept_as_given(course: StoredCourse) -> None:
    outcome = await recorded(course, request(ADA, "exam_1", 3, 2))

    assert outcome.course_grade is not None
    assert outcome.course_grade.unrounded == 1.5 * 0.6
    assert await fetch("select earned, possible from problem_score") == [(3.0, 2.0)]


async def test_a_problem_in_two_subsections_counts_in_both(database: str) -> None:
    shared = problem("shared")
    course = await publish_content(
        content_of(
            [
                replace(subsection("hw1", "Homework"), problems=(shared,)),
                replace(subsection("exam", "Exam"), problems=(problem("exam_1"), shared)),
            ]
        )
    )
    await enroll(course)

    outcome = await recorded(course, request(ADA, "shared", 1))

    assert outcome.subsection == subsection_key("hw1")
    assert await exam_points("hw1") == (1.0, 1.0)
    assert await exam_points("exam") == (1.0, 2.0)
    assert outcome.course_grade is not None
    assert outcome.course_grade.unrounded == 0.4 + 0.3
    assert await broken_rules() == []


@pytest.mark.parametrize(
    "key",
    [
        problem_key("unheard_of"),
        subsection_key("exam"),
        block("chapter", "all"),
        UsageKey("block-v1:other+course+run+type@problem+block@exam_1"),
    ],
    ids=["unknown", "subsection", "section", "of another course"],
)
async def test_a_block_that_is_no_problem_is_refused(course: StoredCourse, key: UsageKey) -> None:
    error = await refusal(course, request(ADA, key))

    assert isinstance(error, BlockNotFound)
    assert error.code == "BLOCK_NOT_FOUND"
    assert error.message == f"{key} is no problem in the present version of {course.key}."


async def test_a_problem_that_a_publish_removed_is_refused(course: StoredCourse) -> None:
    await recorded(course, request(ADA, "hw1_1"))
    await publish_content(content_of([subsection("exam", "Exam")]))

    error = await refusal(course, request(ADA, "hw1_1", 0, scored_at=LATER))

    assert isinstance(error, BlockNotFound)


@pytest.mark.parametrize(
    "ref",
    [
        LearnerRef("user_id", "4711"),
        LearnerRef("user_id", "-1"),
        LearnerRef("user_id", "9" * 30),
        LearnerRef("username", "nobody"),
        LearnerRef("username", "learner\0"),
        LearnerRef("username", "\ud800"),
        LearnerRef("external_user_key", "\0"),
    ],
)
async def test_an_unknown_learner_is_refused(course: StoredCourse, ref: LearnerRef) -> None:
    error = await refusal(course, request(ref, "exam_1"))

    assert isinstance(error, LearnerNotFound)
    assert error.code == "LEARNER_NOT_FOUND"
    assert error.field == ("learner",)
    spelled = {"user_id": "userId", "external_user_key": "externalUserKey"}.get(ref.kind, ref.kind)
    assert error.message == f"There is no learner whose {spelled} is {ref.name!r}."


async def test_who_is_not_enrolled_is_refused(course: StoredCourse) -> None:
    other = await publish_content(content_of(course_key=CourseKey("course-v1:edX+Toy+2025")))

    error = await refusal(other, request(ADA, "exam_1"))

    assert isinstance(error, LearnerNotEnrolled)
    assert error.field == ("learner",)


@pytest.mark.parametrize("points", [math.nan, math.inf, -math.inf, -5e-324, -1.0, 1.1e12])
async def test_points_out_of_range_are_refused(course: StoredCourse, points: float) -> None:
    given = await refusal(course, request(ADA, "exam_1", points))
    maximum = await refusal(course, request(ADA, "exam_1", 1, points))

    for error, name in ((given, "scoreGiven"), (maximum, "scoreMaximum")):
        assert isinstance(error, ScoreOutOfRange)
        assert error.code == "SCORE_OUT_OF_RANGE"
        assert error.field == (name,)
        assert (error.minimum, error.maximum) == (0.0, 1e12)
        assert error.message == f"{name} must be a number from 0 to 1e+12."


async def test_the_range_includes_its_ends(course: StoredCourse) -> None:
    assert (await recorded(course, request(ADA, "exam_1", 1e12, 1e12))).fate is Fate.RECORDED
    assert (await recorded(course, request(ADA, "hw1_1", 0.0, 0.0))).fate is Fate.RECORDED
    assert await broken_rules() == []


@pytest.mark.parametrize("comment", ["x" * 1001, "a\0b", "\ud800"], ids=["long", "NUL", "half"])
async def test_a_comment_that_cannot_be_kept_is_refused(course: StoredCourse, comment: str) -> None:
    error = await refusal(course, request(ADA, "exam_1", comment=comment))

    assert isinstance(error, InvalidInput)
    assert error.field == ("comment",)


async def test_the_same_problem_twice_in_a_request_is_refused_the_second_time(
    course: StoredCourse,
) -> None:
    by_name = LearnerRef("username", "learner-001")

    first, second, other = await send(
        course, [request(ADA, "exam_1", 1), request(by_name, "exam_1", 0), request(BEA, "exam_1")]
    )

    assert isinstance(first, ScoreOutcome)
    assert isinstance(second, DuplicateItem)
    assert isinstance(other, ScoreOutcome)
    assert await exam_points() == (1.0, 1.0)


async def test_a_hundred_scores_are_taken_and_one_more_is_refused(database: str) -> None:
    course = await publish_content(content_of([subsection("exam", "Exam", problems=101)]))
    await enroll(course)
    requests = [request(ADA, f"exam_{number}") for number in range(1, 102)]

    with pytest.raises(TooManyItems) as refused:
        await send(course, requests)
    assert refused.value.message == ("101 scores are more than 100; send them in several requests.")
    assert refused.value.field == ("scores",)
    assert all(rows == [] for rows in (await all_rows()).values())

    outcomes = await send(course, requests[:100])
    assert [type(one) for one in outcomes] == [ScoreOutcome] * 100
    assert await exam_points() == (100.0, 101.0)
    assert (await grade_of(course)).version == 1


async def test_no_scores_are_no_news(course: StoredCourse) -> None:
    assert await send(course, []) == []


async def test_refused_scores_keep_no_others_out(course: StoredCourse) -> None:
    await recorded(course, request(ADA, "hw1_1", 1, scored_at=LATER))

    outcomes = await send(
        course,
        [
            request(ADA, "exam_1", math.nan),
            request(ADA, "hw1_1", 0),
            request(ADA, "hw1_2", 1),
            request(LearnerId(99), "hw1_2", 1),
            request(BEA, "nowhere", 1),
            request(BEA, "hw2_1", 1),
        ],
        at=LATER,
    )

    errors = [one.error if isinstance(one, ScoreOutcome) else one for one in outcomes]
    assert [error and error.code for error in errors] == [
        "SCORE_OUT_OF_RANGE",
        "SCORE_OUTDATED",
        None,
        "LEARNER_NOT_FOUND",
        "BLOCK_NOT_FOUND",
        None,
    ]
    assert (await grade_of(course, ADA)).unrounded == 0.2
    assert (await grade_of(course, BEA)).unrounded == 0.1
    assert await broken_rules() == []


async def test_a_learner_who_meets_a_part_of_a_pool_is_graded_by_what_was_met(
    database: str,
) -> None:
    pool = Selection(
        block("library_content", "pool"),
        2,
        tuple((problem_key(f"exam_{number}"),) for number in range(1, 6)),
    )
    exam = replace(subsection("exam", "Exam", problems=5), selections=(pool,))
    course = await publish_content(content_of([exam]))
    await enroll(course)

    # Two problems count from the start; the ones that are scored are the ones that were met.
    await recorded(course, request(ADA, "exam_4", 1))
    assert await exam_points() == (1.0, 2.0)
    await recorded(course, request(ADA, "exam_5", 1))
    assert await exam_points() == (2.0, 2.0)
    await recorded(course, request(ADA, "exam_2", 0))
    assert await exam_points() == (2.0, 3.0)
    grade = await grade_of(course)
    assert grade.version == 3
    assert grade.unrounded == 0.6667 * 0.6
    assert await broken_rules() == []


async def test_an_open_response_has_final_points(database: str) -> None:
    essay_key = block("openassessment", "essay")
    essay = Problem(essay_key, weight=10.0, max_score=4.0)
    exam = replace(subsection("exam", "Exam"), problems=(essay, problem("exam_1")))
    course = await publish_content(content_of([exam]))
    await enroll(course)

    await recorded(course, request(ADA, essay_key, 3, 5))
    assert await exam_points() == (3.0, 6.0)

    # A score of nothing possible is unknown to Open edX's submissions: the content's counts.
    await recorded(course, request(ADA, essay_key, 0, 0, scored_at=LATER))
    assert await exam_points() == (0.0, 11.0)
    assert await broken_rules() == []


async def test_of_a_learner_whose_grade_fails_nothing_is_stored_and_others_are(
    database: str,
) -> None:
    for weight, points in ((1e308, 1e12), (1e305, 1)):
        heavy = replace(subsection("exam", "Exam"), problems=(problem("exam_1", weight=weight),))
        course = await publish_content(content_of([subsection("hw1", "Homework"), heavy]))
        await enroll(course, 2)
        when = NOW if weight == 1e308 else LATER

        failed, also_failed, fine = await send(
            course,
            [
                request(ADA, "exam_1", points, 1, scored_at=when),
                request(ADA, "hw1_1", 1, scored_at=when),
                request(BEA, "hw1_1", 1, scored_at=when),
            ],
        )

        for outcome in (failed, also_failed):
            assert isinstance(outcome, ScoreOutcome)
            assert isinstance(outcome.error, ComputationFailed)
            assert (outcome.fate, outcome.course_grade) == (None, None)
        assert isinstance(fine, ScoreOutcome)
        assert fine.error is None
        assert fine.course_grade == await grade_of(course, BEA)
        for table in ("problem_score", "subsection_grade", "course_grade"):
            assert await fetch(f"select distinct learner_id from {table}") == [(BEA,)]
    assert await broken_rules() == []


async def test_without_the_right_nothing_is_recorded(course: StoredCourse) -> None:
    with pytest.raises(CourseNotFound):
        await scores.record(context_of(ANONYMOUS), course, [request(ADA, "exam_1")])
    with pytest.raises(Forbidden):
        await scores.record(context_of(LEARNER), course, [request(ADA, "exam_1")])

    assert all(rows == [] for rows in (await all_rows()).values())


async def test_a_frozen_course_takes_no_scores(database: str) -> None:
    content = content_of()
    ended = replace(content, structure=replace(content.structure, end=NOW), version="ended")
    course = await publish_content(ended)
    await enroll(course)
    after = context_of(now=NOW + timedelta(days=30, seconds=1), freeze_after=timedelta(days=30))

    with pytest.raises(GradesFrozen) as refused:
        await scores.record(after, course, [request(ADA, "exam_1")])

    assert refused.value.code == "GRADES_FROZEN"
    assert refused.value.frozen_since == datetime(2026, 4, 1, 9, 30, 15, 123456, tzinfo=UTC)
    assert all(rows == [] for rows in (await all_rows()).values())


async def test_learners_may_be_named_in_every_way(course: StoredCourse) -> None:
    await enroll(course, [Learner(LearnerId(7), "zoë", external_user_key="sis 7")])

    for at, ref in enumerate(
        (
            LearnerRef("user_id", "7"),
            LearnerRef("username", "zoë"),
            LearnerRef("external_user_key", "sis 7"),
        )
    ):
        when = NOW + timedelta(minutes=at)
        outcome = await recorded(course, request(ref, "exam_1", at / 2, scored_at=when), at=when)
        assert outcome.entry.learner_id == 7
    assert await exam_points(learner_id=LearnerId(7)) == (1.0, 1.0)


async def test_after_recording_the_context_reads_anew(course: StoredCourse) -> None:
    context = context_of()
    assert (await course_grades.read(context, course, ADA)).percent == 0.0

    await scores.record(context, course, [request(ADA, "exam_1")])

    assert (await course_grades.read(context, course, ADA)).percent == 0.6


async def test_only_the_touched_subsections_are_recomputed(course: StoredCourse) -> None:
    await record(course, ADA, {"hw1_1": 1, "exam_1": 1})
    before = {row[3]: tuple(row) for row in await fetch("select * from subsection_grade")}

    await record(course, ADA, {"hw1_2": 1}, at=LATER)

    after = {row[3]: tuple(row) for row in await fetch("select * from subsection_grade")}
    changed = {number for number in after if after[number] != before.get(number)}
    assert changed == {course.block_ids[subsection_key("hw1")]}
