"""What-if: what recording would give, without recording, and without hidden results."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import (
    EVERYTHING,
    BlockNotFound,
    DuplicateItem,
    GradingError,
    InvalidInput,
    LearnerId,
    LearnerRecord,
    ShowCorrectness,
    SubsectionGradeOverride,
    SupposedScore,
    compute,
    learners_view,
    regrade,
    suppose,
)
from tests.grading.courses import (
    TUESDAY,
    assignment_type,
    block,
    content_of,
    policy,
    problem,
    score,
    subsection,
    subsection_key,
)

CONTENT: Final = content_of(
    [
        subsection("h1", "Homework", problems=2),
        subsection("h2", "Homework"),
        replace(
            subsection("e", "Exam"),
            show_correctness=ShowCorrectness.NEVER,
            problems=(problem("e_1", weight=4.0, max_score=2.0), problem("e_2", max_score=None)),
        ),
    ],
    policy(assignment_type("Homework", 0.4, drop_count=1), assignment_type("Exam", 0.6)),
)
VIEW: Final = learners_view(CONTENT, TUESDAY)
points = st.sampled_from([0.0, 0.25, 0.5, 1.0])


def stored(**earned: float) -> LearnerRecord:
    record = LearnerRecord(
        scores={block("problem", name): score(one) for name, one in earned.items()}
    )
    result = regrade(CONTENT, LearnerId(7), record, recompute=CONTENT.subsections, now=TUESDAY)
    return replace(
        record, subsection_grades=result.subsection_grades, course_grade=result.course_grade
    )


@given(
    st.dictionaries(st.sampled_from(["h1_1", "h1_2", "h2_1", "e_1"]), points),
    st.dictionaries(st.sampled_from(["h1_1", "h1_2", "h2_1", "e_1"]), points),
)
def test_what_is_supposed_gives_what_recording_it_would(
    before: dict[str, float], then: dict[str, float]
) -> None:
    record = stored(**before)
    scores = [SupposedScore(block("problem", name), one, 1.0) for name, one in then.items()]

    supposed = suppose(
        CONTENT, record.subsection_grades, record.scores, scores, EVERYTHING, TUESDAY
    )

    recorded = stored(**{**before, **then})
    assert compute(CONTENT, {**record.subsection_grades, **supposed}).unrounded == (
        compute(CONTENT, recorded.subsection_grades).unrounded
    )


@given(points, points, points)
def test_nothing_hidden_can_be_found_out_by_supposing(
    one: float, other: float, earned: float
) -> None:
    for supposed_score in (
        SupposedScore(block("problem", "e_1"), earned),
        SupposedScore(subsection_key("e"), earned),
        SupposedScore(block("problem", "h1_1"), earned),
    ):
        found = []
        for hidden in (one, other):
            record = stored(h1_1=0.5, e_1=hidden, e_2=hidden)
            supposed = suppose(
                CONTENT, record.subsection_grades, record.scores, [supposed_score], VIEW, TUESDAY
            )
            grades = {**record.subsection_grades, **supposed}
            found.append(compute(CONTENT, grades, VIEW.without(supposed.keys())))
        assert found[0] == found[1]


def test_the_points_of_a_subsection_replace_its_override() -> None:
    record = stored(h1_1=1.0)
    key = subsection_key("h1")
    overridden = record.subsection_grades[key]._replace(
        override=SubsectionGradeOverride(earned_graded=0.0)
    )

    found = suppose(CONTENT, {key: overridden}, {}, [SupposedScore(key, 1.5)], VIEW, TUESDAY)

    assert (found[key].graded_total.earned, found[key].graded_total.possible) == (1.5, 2.0)
    assert found[key].override is None


def test_the_score_of_a_problem_leaves_an_override_where_it_is() -> None:
    record = stored(h1_1=0.0)
    key = subsection_key("h1")
    override = SubsectionGradeOverride(earned_graded=1.5)
    overridden = record.subsection_grades[key]._replace(override=override)
    supposed_score = SupposedScore(block("problem", "h1_1"), 1.0)

    found = suppose(CONTENT, {key: overridden}, record.scores, [supposed_score], VIEW, TUESDAY)

    assert found[key].graded_total.earned == 1.5
    assert found[key].computed_graded_total.earned == 1.0


def test_without_points_possible_a_problem_is_worth_what_it_is() -> None:
    supposed_score = SupposedScore(block("problem", "e_1"), 1.0)

    found = suppose(CONTENT, {}, {}, [supposed_score], VIEW, TUESDAY)

    total = found[subsection_key("e")].graded_total
    assert (total.earned, total.possible) == (2.0, 4.0)


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        (
            [block("problem", "x")],
            BlockNotFound,
            f"The course has no problem and no subsection {block('problem', 'x')}.",
        ),
        (
            [subsection_key("h2")] * 2,
            DuplicateItem,
            f"There are two scores for {subsection_key('h2')}.",
        ),
        (
            [block("problem", "h2_1")] * 2,
            DuplicateItem,
            f"There are two scores for {block('problem', 'h2_1')}.",
        ),
        (
            [subsection_key("h2"), block("problem", "h2_1")],
            DuplicateItem,
            (
                f"There are scores for {subsection_key('h2')} and for "
                f"{block('problem', 'h2_1')} in it."
            ),
        ),
        (
            [block("problem", "e_2")],
            InvalidInput,
            f"Nothing says what {block('problem', 'e_2')} is worth: give `possible`.",
        ),
    ],
)
def test_what_cannot_be_supposed_is_refused(
    keys: list[str], error: type[GradingError], message: str
) -> None:
    scores = [SupposedScore(key, 1.0) for key in keys]  # type: ignore[arg-type]

    with pytest.raises(error) as refused:
        suppose(CONTENT, {}, {}, scores, VIEW, TUESDAY)

    assert refused.value.message == message
