"""What learners may see of a grade: the rules, and that nothing else can be found out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import (
    EVERYTHING,
    CourseContent,
    CourseGrade,
    CourseGradeChanged,
    GradeChange,
    HiddenContribution,
    LearnerId,
    LearnerRecord,
    PassingStatus,
    PassingStatusChanged,
    RecordedScore,
    ShowCorrectness,
    Subsection,
    SubsectionGrade,
    SubsectionGradeChanged,
    SubsectionGradeOverride,
    UsageKey,
    Visibility,
    compute,
    course_visibility,
    current_percent,
    explain,
    grade_as_seen,
    hidden_contribution,
    last_publication,
    learners_view,
    regrade,
    visibility_of,
)
from tests.grading.courses import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    assignment_type,
    block,
    content_of,
    grade_of,
    grades_of,
    policy,
    score,
    subsection,
    subsection_key,
)

LEARNER: Final = LearnerId(7)
ALWAYS, PAST_DUE, NEVER, COUNTED = ShowCorrectness
VISIBLE, UNTIL_DUE, HIDDEN, HIDDEN_BUT_COUNTED = Visibility


def shown(
    name: str, kind: str, rule: ShowCorrectness = ALWAYS, due: datetime | None = None
) -> Subsection:
    return replace(subsection(name, kind), show_correctness=rule, due=due)


POLICY: Final = policy(
    assignment_type("Homework", 0.4, min_count=3, drop_count=1),
    assignment_type("Exam", 0.6),
    cutoffs={"A": 0.9, "Pass": 0.5},
)
CONTENT: Final = content_of(
    [
        shown("h1", "Homework"),
        shown("h2", "Homework", PAST_DUE, WEDNESDAY),
        shown("h3", "Homework"),
        shown("e1", "Exam"),
        shown("e2", "Exam", NEVER),
    ],
    POLICY,
)


@pytest.mark.parametrize(
    ("rule", "due", "visibility"),
    [
        (ALWAYS, None, VISIBLE),
        (ALWAYS, MONDAY, VISIBLE),
        (ALWAYS, WEDNESDAY, VISIBLE),
        (PAST_DUE, None, VISIBLE),
        (PAST_DUE, MONDAY, VISIBLE),
        (PAST_DUE, TUESDAY, UNTIL_DUE),
        (PAST_DUE, WEDNESDAY, UNTIL_DUE),
        (NEVER, None, HIDDEN),
        (NEVER, MONDAY, HIDDEN),
        (NEVER, WEDNESDAY, HIDDEN),
        (COUNTED, None, HIDDEN_BUT_COUNTED),
        (COUNTED, MONDAY, HIDDEN_BUT_COUNTED),
        (COUNTED, TUESDAY, HIDDEN),
        (COUNTED, WEDNESDAY, HIDDEN),
    ],
)
def test_a_result_is_visible_by_its_rule_and_its_due_date(
    rule: ShowCorrectness, due: datetime | None, visibility: Visibility
) -> None:
    one = shown("s", "Exam", rule, due)

    assert visibility_of(one, TUESDAY) is visibility
    view = learners_view(content_of([one], POLICY), TUESDAY)
    assert view.visibility(one.usage_key) is visibility
    assert view.conceals(one.usage_key) == (visibility is not VISIBLE)
    assert (one.usage_key in view.uncounted) == (visibility in {UNTIL_DUE, HIDDEN})


def test_the_present_content_decides_and_an_older_one_only_of_what_it_alone_has() -> None:
    older = content_of(
        [shown("both", "Exam", NEVER), shown("gone", "Exam", NEVER), shown("seen", "Exam")], POLICY
    )
    present = content_of([shown("both", "Exam"), shown("seen", "Exam", NEVER)], POLICY)

    view = learners_view(present, TUESDAY, older)

    assert view.hidden == {subsection_key("gone"): HIDDEN, subsection_key("seen"): HIDDEN}


def test_hidden_homework_is_expected_less_and_leaves_one_that_counts() -> None:
    grades = grades_of([grade_of("h1", 0.5), grade_of("h2", 1.0), grade_of("h3", 0.75)])

    homework = compute(CONTENT, grades, learners_view(CONTENT, TUESDAY)).assignment_type_grades[0]

    # Two of three are visible, one of them is dropped: no zero for the hidden one.
    assert homework.percent == 0.75
    assert (len(homework.counted), homework.placeholder_count) == (2, 0)
    assert [one.grade.usage_key for one in homework.dropped_subsections] == [subsection_key("h1")]


def test_a_drop_never_takes_the_last_one_that_is_visible() -> None:
    content = content_of(
        [shown("h1", "Homework"), *(shown(f"h{at}", "Homework", NEVER) for at in (2, 3))], POLICY
    )

    (homework, _) = compute(
        content, grades_of([grade_of("h1", 0.5)]), learners_view(content, TUESDAY)
    ).assignment_type_grades

    assert (homework.percent, homework.dropped) == (0.5, frozenset())


def test_a_type_that_is_hidden_wholly_leaves_its_weight_to_the_others() -> None:
    content = content_of([shown("h1", "Homework"), shown("e1", "Exam", NEVER)], POLICY)
    view = learners_view(content, TUESDAY)

    seen = compute(content, grades_of([grade_of("h1", 1.0), grade_of("e1", 0.0)]), view)

    homework, exam = seen.assignment_type_grades
    # One of three homeworks exists and one is dropped: (1 + 0) / 2.
    assert (homework.percent, homework.stretch) == (0.5, 2.5)
    assert homework.weighted_percent == seen.unrounded == 0.5 * 0.4 * 2.5
    assert exam.concealed
    assert (hidden_contribution(content, "Exam", view), seen.concealed) == (
        HiddenContribution.ALL,
        False,
    )


def test_where_all_graded_work_is_hidden_there_is_no_grade_to_be_seen() -> None:
    content = content_of(
        [shown("e1", "Exam", PAST_DUE, WEDNESDAY), shown("e2", "Exam", NEVER)],
        policy(assignment_type("Homework", 0.4, min_count=3), assignment_type("Exam", 0.6)),
    )
    view = learners_view(content, TUESDAY)

    seen = compute(content, grades_of([grade_of("e1", 1.0)]), view)

    assert (seen.concealed, seen.verdict) == (True, (None, False))
    assert course_visibility(content, view, concealed=seen.concealed) is UNTIL_DUE
    later = learners_view(content, WEDNESDAY + timedelta(seconds=1))
    assert not compute(content, grades_of([grade_of("e1", 1.0)]), later).concealed
    assert course_visibility(content, later, concealed=False) is VISIBLE


def test_a_visible_type_without_weight_shows_no_course_grade() -> None:
    content = content_of(
        [shown("h1", "Homework"), shown("e1", "Exam", NEVER)],
        policy(assignment_type("Homework", 0.0), assignment_type("Exam", 1.0)),
    )
    view = learners_view(content, TUESDAY)

    assert compute(content, {}, view).concealed
    assert course_visibility(content, view, concealed=True) is HIDDEN


def test_what_is_hidden_but_counted_is_in_the_totals() -> None:
    content = content_of([shown("e1", "Exam", COUNTED, MONDAY), shown("e2", "Exam")], POLICY)
    view = learners_view(content, TUESDAY)
    grades = grades_of([grade_of("e1", 1.0), grade_of("e2", 0.0)])

    assert compute(content, grades, view) == compute(content, grades)
    assert hidden_contribution(content, "Exam", view) is HiddenContribution.SOME


@pytest.mark.parametrize(
    ("names", "contribution"),
    [
        (["e1", "e2"], HiddenContribution.NONE),
        (["e1", "n1"], HiddenContribution.SOME),
        (["n1", "n2"], HiddenContribution.ALL),
        ([], HiddenContribution.NONE),
    ],
)
def test_it_is_told_how_much_of_a_type_is_hidden(
    names: list[str], contribution: HiddenContribution
) -> None:
    content = content_of(
        [shown(name, "Exam", NEVER if name.startswith("n") else ALWAYS) for name in names], POLICY
    )

    found = hidden_contribution(content, "Exam", learners_view(content, TUESDAY))

    assert found is contribution


def test_the_last_publication_is_that_of_what_waits_for_its_due_date() -> None:
    later = WEDNESDAY + timedelta(days=1)
    content = content_of(
        [
            shown("past", "Exam", PAST_DUE, MONDAY),
            shown("soon", "Exam", PAST_DUE, WEDNESDAY),
            shown("later", "Exam", PAST_DUE, later),
            shown("never", "Exam", NEVER, later + timedelta(days=1)),
        ],
        POLICY,
    )
    view = learners_view(content, TUESDAY)

    assert last_publication(content, "Exam", view) == later
    assert last_publication(content, "Homework", view) is None


def test_the_grade_so_far_leaves_out_what_is_hidden() -> None:
    grades = grades_of([grade_of("h1", 1.0), grade_of("e2", 0.0)])

    assert current_percent(CONTENT, grades) == 0.4
    assert current_percent(CONTENT, grades, learners_view(CONTENT, TUESDAY)) == 1.0


def test_an_explanation_says_what_is_left_out_and_who_shares_its_weight() -> None:
    content = content_of(
        [
            shown("h1", "Homework"),
            shown("h2", "Homework", NEVER),
            shown("h3", "Homework", COUNTED),
            shown("e1", "Exam", NEVER),
        ],
        policy(assignment_type("Homework", 0.4), assignment_type("Exam", 0.6)),
    )
    overridden = grade_of("h1", 0.5)._replace(override=SubsectionGradeOverride(earned_graded=1.0))
    view = learners_view(content, TUESDAY)
    grades = grades_of([overridden, grade_of("h3", 0.5)])

    explained = explain(compute(content, grades, view), content, view)

    homework, exam = explained.assignment_types
    assert homework.text == (
        "Homework: average 0.75 (2 counted, 1 overridden, 1 hidden and left out) x weight 0.4 "
        "x 2.5 for the weight of what is hidden = 0.75"
    )
    assert exam.text == "Exam: hidden for now (1 left out); the others share its weight"
    assert [(one.detail, one.percent, one.overridden) for one in homework.entries] == [
        ("Homework 1 - h1 - 100.00% (1/1), overridden", 1.0, True),
        ("Homework 02 - h3 - counts, and is not shown", None, False),
    ]
    assert explained.sum_text == "0.75 = 0.75"


def test_an_explanation_of_what_is_hidden_has_no_figures() -> None:
    content = content_of([shown("e1", "Exam", NEVER)], POLICY)
    view = learners_view(content, TUESDAY)

    explained = explain(compute(content, {}, view), content, view)

    assert (explained.unrounded, explained.percent, explained.cutoff) == (None, None, None)
    assert (explained.sum_text, explained.rounding_text, explained.verdict_text) == (
        ("All that counts is hidden for now.",) * 3
    )


# ------------------------------------------------------------------ nothing can be found out

RULES: Final = [(ALWAYS, None), (PAST_DUE, WEDNESDAY), (PAST_DUE, MONDAY), (NEVER, None)]
points = st.sampled_from([0.0, 0.25, 0.5, 1.0])
overrides = st.none() | points.map(
    lambda earned: SubsectionGradeOverride(earned_graded=earned, possible_graded=1.0)
)
courses = st.lists(
    st.tuples(st.sampled_from(["Homework", "Exam", "Other"]), st.sampled_from(RULES)),
    min_size=1,
    max_size=6,
).map(
    lambda rows: content_of(
        [shown(f"s{at}", kind, *rule) for at, (kind, rule) in enumerate(rows)], POLICY
    )
)


def graded(
    content: CourseContent, data: st.DataObject, attempted: Mapping[UsageKey, bool]
) -> dict[UsageKey, SubsectionGrade]:
    """Draw grades: every subsection's points and override, of those that were attempted."""
    grades = {}
    for key in content.subsections:
        override = data.draw(overrides)
        name = key.rpartition("@")[2]
        earned = data.draw(points) if attempted[key] else 0.0
        if attempted[key] or override is not None:
            grade = grade_of(name, earned, attempted=attempted[key])
            grades[key] = grade._replace(override=override).next_version(MONDAY)
    return grades


@settings(max_examples=200)
@given(courses, st.data())
def test_what_a_learner_sees_does_not_depend_on_hidden_results(
    content: CourseContent, data: st.DataObject
) -> None:
    view = learners_view(content, TUESDAY)
    attempted = {key: data.draw(st.booleans()) for key in content.subsections}
    one, other = (graded(content, data, attempted) for _ in range(2))
    other = {key: grade for key, grade in other.items() if view.conceals(key)} | {
        key: grade for key, grade in one.items() if not view.conceals(key)
    }

    assert seen(content, one) == seen(content, other)
    first, second = (compute(content, grades, view) for grades in (one, other))
    assert explain(first, content, view) == explain(second, content, view)
    assert current_percent(content, one, view) == current_percent(content, other, view)


def seen(content: CourseContent, grades: Mapping[UsageKey, SubsectionGrade]) -> CourseGrade:
    record = LearnerRecord(subsection_grades=grades)
    stored = regrade(content, LEARNER, record, recompute=(), now=TUESDAY).course_grade
    return grade_as_seen(stored, content, grades, learners_view(content, TUESDAY))


@settings(max_examples=100)
@given(courses, st.data())
def test_where_nothing_is_hidden_learners_see_the_stored_grade(
    content: CourseContent, data: st.DataObject
) -> None:
    always = content_of(
        [replace(one, show_correctness=ALWAYS) for one in content.structure.subsections()], POLICY
    )
    grades = graded(always, data, dict.fromkeys(always.subsections, True))

    view = learners_view(always, TUESDAY)

    assert view is EVERYTHING
    assert compute(always, grades, view) == compute(always, grades)


@settings(max_examples=200)
@given(courses)
def test_hidden_work_is_never_a_zero(content: CourseContent) -> None:
    view = learners_view(content, TUESDAY)
    types = [kind.name for kind in POLICY.assignment_types]
    content = content_of(content.structure, policy(*(assignment_type(name, 0.5) for name in types)))
    full = {
        key: grade_of(key.rpartition("@")[2], 0.0 if view.conceals(key) else 1.0)._replace()
        for key in content.subsections
    }

    seen_grade = compute(content, full, view)

    shares = [one for one in seen_grade.assignment_type_grades if one.counted]
    assert all(one.percent == 1.0 for one in shares)
    for one in seen_grade.assignment_type_grades:
        graded_ones = content.graded_subsections_by_type.get(one.assignment_type.name, ())
        hidden = [each for each in graded_ones if view.conceals(each.usage_key)]
        assert one.concealed == (bool(graded_ones) and len(hidden) == len(graded_ones))


# ------------------------------------------------------------------ nor by events


class Told:
    """One learner's grades, changed step by step, and what the learner is told of it."""

    def __init__(self, content: CourseContent) -> None:
        self.content = content
        self.record = LearnerRecord()
        self.now = MONDAY

    def change(
        self, scores: Mapping[UsageKey, RecordedScore], **more: SubsectionGradeOverride | None
    ) -> list[GradeChange]:
        self.now += timedelta(minutes=1)
        record = replace(self.record, scores={**self.record.scores, **scores})
        result = regrade(
            self.content,
            LEARNER,
            record,
            recompute=self.content.subsections,
            overrides={subsection_key(name): value for name, value in more.items()},
            now=self.now,
        )
        self.record = replace(
            record,
            course_grade=result.course_grade_to_store or record.course_grade,
            subsection_grades=result.subsection_grades,
        )
        view = learners_view(self.content, self.now)
        told: list[GradeChange] = []
        for change in result.changes:
            if isinstance(change, SubsectionGradeChanged):
                told.extend([] if view.conceals(change.usage_key) else [change])
            elif (as_told := change.as_seen()) is not None:
                # The version counts hidden changes as well, and is told nobody.
                told.append(replace(as_told, version=0))
        return told


steps = st.lists(
    st.tuples(st.sampled_from(["s0", "s1", "s2", "s3"]), points, points, st.booleans()), max_size=8
)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Homework", "Exam"]), st.sampled_from(RULES)),
        min_size=4,
        max_size=4,
    ),
    steps,
)
def test_what_a_learner_is_told_does_not_depend_on_hidden_results(
    rows: list[tuple[str, tuple[ShowCorrectness, datetime | None]]],
    changes: list[tuple[str, float, float, bool]],
) -> None:
    content = content_of(
        [shown(f"s{at}", kind, *rule) for at, (kind, rule) in enumerate(rows)], POLICY
    )
    one, other = Told(content), Told(content)
    hidden = learners_view(content, MONDAY + timedelta(minutes=1)).hidden

    for name, earned, instead, overridden in changes:
        points_of_two = earned, instead if subsection_key(name) in hidden else earned
        told = []
        for grades, given_points in zip((one, other), points_of_two, strict=True):
            if overridden:
                value = SubsectionGradeOverride(earned_graded=given_points)
                told.append(grades.change({}, **{name: value}))
            else:
                told.append(grades.change({block("problem", f"{name}_1"): score(given_points)}))
        assert told[0] == told[1]


def test_a_learner_is_told_of_a_pass_that_only_they_see() -> None:
    content = content_of([shown("e1", "Exam"), shown("e2", "Exam", NEVER)], POLICY)
    grades = Told(content)
    grades.change({block("problem", "e1_1"): score(0.0)})

    course, status = grades.change({block("problem", "e1_1"): score(1.0)})[1:]

    assert isinstance(course, CourseGradeChanged)
    assert isinstance(status, PassingStatusChanged)
    assert (course.after.percent, course.first_time_passed) == (0.6, False)
    assert (status.before, status.after) == (PassingStatus.FAILING, PassingStatus.PASSING)
    stored = grades.record.course_grade
    assert stored is not None
    assert (stored.percent, stored.passed) == (0.3, False)


def test_what_is_still_to_come_shows_nothing_of_a_type_that_is_hidden_so_far() -> None:
    content = content_of(
        [shown("e1", "Exam", NEVER), shown("h1", "Homework")],
        policy(assignment_type("Homework", 0.5), assignment_type("Exam", 0.5, min_count=2)),
    )

    seen_grade = compute(content, {}, learners_view(content, TUESDAY))

    exam = seen_grade.assignment_type_grades[1]
    assert (exam.concealed, exam.placeholder_count) == (True, 0)


def test_a_grade_is_as_old_as_the_last_visible_change() -> None:
    content = content_of([shown("e1", "Exam"), shown("e2", "Exam", NEVER)], POLICY)
    grades = Told(content)
    grades.change({block("problem", "e1_1"): score(1.0)})
    first = grades.now
    grades.change({block("problem", "e2_1"): score(1.0)})

    stored = grades.record.course_grade
    assert stored is not None
    parts = grades.record.subsection_grades
    shown_grade = grade_as_seen(stored, content, parts, learners_view(content, grades.now))

    assert (stored.last_updated, shown_grade.last_updated) == (grades.now, first)
    assert stored.passed_at == grades.now
    assert (shown_grade.passed, shown_grade.passed_at) == (True, None)
