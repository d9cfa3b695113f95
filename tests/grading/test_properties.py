"""What holds for every course, policy and learner."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from grading import (
    Algorithm,
    CourseContent,
    LearnerId,
    Selection,
    Subsection,
    SubsectionGrade,
    SubsectionGradeOverride,
    UsageKey,
    assignment_type_breakdown,
    compute,
    current_percent,
    explain,
    grade_breakdown,
    is_higher_or_equal,
    percent,
    revised,
    revised_course_grade,
    section_breakdown,
    zero_course_grade,
)
from grading.computation import average_after_drops
from tests.grading.courses import (
    TUESDAY,
    WEDNESDAY,
    assignment_type,
    block,
    content_of,
    grade_of,
    policy,
    problem,
    score,
    subsection,
    subsection_key,
)

TYPES = ("Homework", "Lab", "Exam")
ALGORITHMS = st.sampled_from(Algorithm)
FRACTIONS = st.floats(0, 1)
POINTS = st.floats(0, 100)
CUTOFFS = st.dictionaries(st.sampled_from("ABCD"), st.floats(0, 1))
Course = tuple[CourseContent, dict[UsageKey, SubsectionGrade]]


@st.composite
def weights(draw: st.DrawFn) -> list[float]:
    """Draw weights of 0 and more that sum to 1."""
    parts = draw(st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any))
    return [part / sum(parts) for part in parts]


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Draw a course of three assignment types, and one learner's grades for some of it."""
    read = policy(
        *(
            assignment_type(
                name,
                weight,
                min_count=draw(st.integers(0, 4)),
                drop_count=draw(st.integers(0, 3)),
            )
            for name, weight in zip(TYPES, draw(weights()), strict=True)
        ),
        cutoffs=draw(CUTOFFS),
    )
    subsections = [
        subsection(
            f"s{number}", draw(st.sampled_from([*TYPES, "Survey"])), graded=draw(st.booleans())
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    content = content_of(subsections, read, draw(ALGORITHMS))
    grades = {}
    for each in subsections:
        if draw(st.booleans()):
            possible = draw(st.sampled_from([0.0, 1.0, 3.0, 7.5, 10.0]))
            grades[each.usage_key] = grade_of(
                each.display_name or "",
                draw(FRACTIONS) * possible,
                possible,
                attempted=draw(st.booleans()),
            )
    return content, grades


@given(st.lists(FRACTIONS, min_size=1, max_size=12), st.integers(0, 11))
def test_dropping_one_more_never_lowers_an_average(percents: list[float], drop_count: int) -> None:
    fewer, _ = average_after_drops(percents, drop_count)
    more, _ = average_after_drops(percents, drop_count + 1)

    # Unless nothing is left to average. The doubles may differ in their last bits.
    assert more >= fewer - 1e-12 or drop_count + 1 >= len(percents)


@given(courses())
def test_dropping_one_more_never_lowers_a_course_grade(course: Course) -> None:
    content, grades = course
    computation = compute(content, grades)
    roomy = [
        kind.drop_count + 1 < len(grade.counted) + grade.placeholder_count
        for kind, grade in zip(
            content.policy.assignment_types, computation.assignment_type_grades, strict=True
        )
    ]
    kinds = tuple(
        replace(kind, drop_count=kind.drop_count + 1) if room else kind
        for kind, room in zip(content.policy.assignment_types, roomy, strict=True)
    )

    kinder = compute(
        replace(content, policy=replace(content.policy, assignment_types=kinds)), grades
    )

    assert kinder.unrounded >= computation.unrounded - 1e-12


@given(courses(), st.data())
def test_more_points_never_fail_who_has_passed(course: Course, data: st.DataObject) -> None:
    content, grades = course
    better = {
        key: grade_of(key.rpartition("@")[2], earned, possible)
        for key, grade in grades.items()
        if (possible := grade.graded_total.possible) >= 0
        and (earned := data.draw(st.floats(grade.graded_total.earned, max(possible, 0)))) >= 0
    }

    before, after = compute(content, grades), compute(content, better)

    assert after.percent >= before.percent
    assert after.passed >= before.passed


@given(courses())
def test_a_course_percent_is_between_nothing_and_everything(course: Course) -> None:
    computation = compute(*course)

    assert 0 <= computation.percent <= 1
    assert 0 <= computation.unrounded <= 1 + 1e-12


@given(st.permutations(range(6)))
def test_the_order_of_learners_does_not_matter(order: list[int]) -> None:
    kinds = policy(assignment_type("Homework", 0.6, drop_count=1), assignment_type("Exam", 0.4))
    shared = content_of([subsection(f"s{n}", "Homework", problems=2) for n in range(4)], kinds)

    together = {learner: grades_of_learner(shared, learner) for learner in order}
    alone = {
        learner: grades_of_learner(content_of(shared.structure, kinds), learner)
        for learner in range(6)
    }

    assert together == alone
    assert {learner: compute(shared, together[learner]) for learner in order} == {
        learner: compute(shared, alone[learner]) for learner in range(6)
    }


def grades_of_learner(content: CourseContent, learner: int) -> dict[UsageKey, SubsectionGrade]:
    recorded = {
        key: score(float((learner * 7 + at) % 5), 4.0 + learner % 2)
        for at, key in enumerate(content.problems)
        if (learner + at) % 3
    }
    return {
        key: content.subsection_grade(each, recorded) for key, each in content.subsections.items()
    }


@given(courses(), st.data())
def test_an_override_equal_to_the_score_changes_nothing(
    course: Course, data: st.DataObject
) -> None:
    content, grades = course
    overridden = {
        key: grade._replace(
            override=SubsectionGradeOverride(
                earned_all=data.draw(st.sampled_from([None, grade.all_total.earned])),
                possible_all=data.draw(st.sampled_from([None, grade.all_total.possible])),
                earned_graded=data.draw(st.sampled_from([None, grade.graded_total.earned])),
                possible_graded=data.draw(st.sampled_from([None, grade.graded_total.possible])),
            ),
        )
        for key, grade in grades.items()
    }

    plain, replaced = compute(content, grades), compute(content, overridden)

    assert [grade.all_total for grade in overridden.values()] == [
        grade.all_total for grade in grades.values()
    ]
    assert (replaced.unrounded, replaced.percent, replaced.letter_grade, replaced.passed) == (
        plain.unrounded,
        plain.percent,
        plain.letter_grade,
        plain.passed,
    )
    assert section_breakdown(replaced, content.algorithm) == section_breakdown(
        plain, content.algorithm
    )


@given(courses())
def test_storing_the_same_course_grade_twice_is_storing_it_once(course: Course) -> None:
    content, grades = course
    computation = compute(content, grades)
    zero = zero_course_grade(content, LearnerId(1))

    once = revised_course_grade(zero, computation, content, now=TUESDAY)
    twice = revised_course_grade(once, computation, content, now=WEDNESDAY)

    assert twice == once
    assert (once.version, once.last_updated) == (1, TUESDAY)
    assert once.passed_at == (TUESDAY if computation.passed else None)


@given(st.dictionaries(st.integers(0, 3), st.tuples(st.one_of(st.none(), POINTS), POINTS)))
def test_revising_a_stored_subsection_grade_with_itself_changes_nothing(
    points: dict[int, tuple[float | None, float]],
) -> None:
    content = content_of([subsection("s", "Homework", problems=4)], policy())
    (each,) = content.subsections.values()
    recorded = {
        each.problems[at].usage_key: score(earned, possible)
        for at, (earned, possible) in points.items()
    }
    computed = content.subsection_grade(each, recorded)
    stored = revised(computed, computed)._replace(version=3, last_updated=TUESDAY)

    assert revised(stored, content.subsection_grade(each, recorded)) == stored


@given(courses())
def test_the_unrounded_grade_is_the_sum_of_the_shares_from_left_to_right(course: Course) -> None:
    computation = compute(*course)

    running = 0.0
    for grade in computation.assignment_type_grades:
        running += grade.percent * grade.assignment_type.weight
    assert computation.unrounded == running


@given(courses())
def test_a_breakdown_shows_the_figures_of_the_computation(course: Course) -> None:
    content, grades = course
    computation = compute(content, grades)

    for grade in computation.assignment_type_grades:
        entries = assignment_type_breakdown(grade, content.algorithm)
        singles, summary = entries[:-1], entries[-1]
        percents = [one.percent for one in grade.counted] + [0.0] * grade.placeholder_count

        assert summary.percent == grade.percent
        assert summary.prominent
        if len(percents) != 1:
            assert [entry.percent for entry in singles] == percents
            assert {at for at, entry in enumerate(singles) if entry.dropped} == grade.dropped
            assert [entry.usage_key for entry in singles] == [
                *(one.subsection.usage_key for one in grade.counted),
                *[None] * grade.placeholder_count,
            ]
    assert {
        category: share.percent for category, share in grade_breakdown(computation).items()
    } == {
        grade.assignment_type.category: grade.weighted_percent
        for grade in computation.assignment_type_grades
    }


@given(courses())
def test_as_many_are_dropped_as_the_policy_says_and_none_that_is_better_than_a_kept_one(
    course: Course,
) -> None:
    for grade in compute(*course).assignment_type_grades:
        percents = [one.percent for one in grade.counted] + [0.0] * grade.placeholder_count
        kept = [value for at, value in enumerate(percents) if at not in grade.dropped]

        assert len(grade.dropped) == min(grade.assignment_type.drop_count, len(percents))
        assert all(percents[at] <= min(kept) for at in grade.dropped if kept)


@given(courses())
def test_there_is_a_percent_so_far_exactly_if_weighty_work_was_attempted(course: Course) -> None:
    content, grades = course
    weighty = {kind.name for kind in content.policy.assignment_types if kind.weight > 0}
    attempted = [
        key
        for key, grade in grades.items()
        if grade.attempted
        and grade.graded_total.possible > 0
        and content.subsections[key].graded
        and content.subsections[key].format in weighty
    ]

    so_far = current_percent(content, grades)

    assert (so_far is None) is not bool(attempted)
    assert so_far is None or 0 <= so_far <= 1


@given(courses())
def test_an_explanation_gives_the_numbers_of_the_computation(course: Course) -> None:
    content, grades = course
    computation = compute(content, grades)

    explanation = explain(computation, content)

    assert explanation.algorithm is content.algorithm
    assert (explanation.unrounded, explanation.percent, explanation.passed) == (
        computation.unrounded,
        computation.percent,
        computation.passed,
    )
    assert (explanation.cutoff and explanation.cutoff.letter_grade) == computation.letter_grade
    assert explanation.passing_threshold == content.policy.passing_threshold
    assert tuple(one.grade for one in explanation.assignment_types) == (
        computation.assignment_type_grades
    )
    for one in explanation.assignment_types:
        assert [entry.percent for entry in one.entries] == [
            *(counted.percent for counted in one.grade.counted),
            *[0.0] * one.grade.placeholder_count,
        ]
        assert {at for at, entry in enumerate(one.entries) if entry.dropped} == one.grade.dropped


@given(courses())
def test_who_has_done_nothing_has_nothing(course: Course) -> None:
    content, _ = course

    computation = compute(content, {})

    assert (computation.unrounded, computation.percent, computation.passed) == (0.0, 0.0, False)
    assert current_percent(content, {}) is None


@given(st.floats(0, 1000), st.sampled_from([1.0, 3.0, 7.0, 20.0, 97.0]), st.sampled_from([2, 4]))
def test_a_rounded_percent_is_the_nearest(earned: float, possible: float, decimals: int) -> None:
    rounded = percent(earned, possible, decimals)

    assert abs(Fraction(rounded) - Fraction(earned) / Fraction(possible)) <= Fraction(
        1, 2 * 10**decimals
    ) + Fraction(1, 10**9)


@given(POINTS, st.floats(0.5, 100), POINTS, st.floats(0.5, 100))
def test_of_two_scores_one_is_at_least_as_high(
    earned: float, possible: float, other: float, other_possible: float
) -> None:
    first = is_higher_or_equal(earned, possible, than_earned=other, than_possible=other_possible)
    second = is_higher_or_equal(other, other_possible, than_earned=earned, than_possible=possible)

    assert first or second
    assert is_higher_or_equal(earned, possible, than_earned=earned, than_possible=possible)


POOL = tuple(block("problem", f"pool_{number}") for number in range(6))


@st.composite
def pools(draw: st.DrawFn) -> Subsection:
    """Draw a subsection with one problem for all, and a pool of branches as long as each other."""
    size = draw(st.sampled_from([1, 2, 3]))
    branches = tuple(POOL[at : at + size] for at in range(0, len(POOL), size))
    place = Selection(
        block("library_content", "pool"), draw(st.integers(0, len(branches))), branches
    )
    problems = (problem("all"), *(problem(f"pool_{number}") for number in range(6)))
    return Subsection(
        subsection_key("s"), "s", "Homework", graded=True, problems=problems, selections=(place,)
    )


@given(pools(), st.sets(st.sampled_from(POOL)))
def test_what_was_attempted_in_a_pool_always_counts(
    each: Subsection, attempted: set[UsageKey]
) -> None:
    met = [one.usage_key for one in each.problems_for(attempted)]

    assert attempted <= set(met)
    assert met[0] == block("problem", "all")
    assert met == [one.usage_key for one in each.problems if one.usage_key in met]


@given(pools(), st.data())
def test_points_possible_in_a_pool_are_the_same_before_and_after_attempts(
    each: Subsection, data: st.DataObject
) -> None:
    (place,) = each.selections
    met = data.draw(st.permutations(place.branches).map(lambda order: order[: place.count]))
    answered = [key for branch in met for key in branch if data.draw(st.booleans())]
    content = content_of([each], policy())

    before = content.subsection_grade(each, {})
    after = content.subsection_grade(each, {key: score(1.0) for key in answered})

    assert before.all_total.possible == 1 + place.count * len(place.branches[0])
    assert after.all_total.possible == before.all_total.possible
    assert after.all_total.earned == len(answered)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 10)), min_size=1, max_size=5))
def test_a_hash_does_not_depend_on_which_hashes_were_asked_for_before(
    asked: list[tuple[int, int]],
) -> None:
    kinds = policy(assignment_type("Homework"))
    subsections = [subsection("a", "Homework", problems=3), subsection("b", "Homework")]
    used = content_of(subsections, kinds)

    for possible, earned in asked:
        recorded = {block("problem", "a_1"): score(earned, possible)}
        fresh = content_of(subsections, kinds)
        for each in subsections:
            assert used.subsection_grade(each, recorded) == fresh.subsection_grade(each, recorded)
