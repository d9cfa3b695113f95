"""The figures of Open edX's own unit tests, and the sequences they play."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from grading import (
    Algorithm,
    Computation,
    CourseContent,
    CourseGrade,
    GradesFrozen,
    InvalidGradingPolicy,
    LearnerId,
    ProblemScore,
    RecordedScore,
    ScoreOutOfRange,
    SubsectionGrade,
    SubsectionGradeOverride,
    Total,
    UsageKey,
    compute,
    freeze_of,
    is_higher_or_equal,
    is_to_be_stored,
    policy_of,
    revised,
    revised_course_grade,
    section_breakdown,
    subsection_grade,
    weighted,
    zero_course_grade,
)
from tests.grading.courses import (
    MONDAY,
    TUESDAY,
    assignment_type,
    content_of,
    policy,
    problem,
    subsection,
    subsection_key,
)
from tests.grading.golden_course import category_rows, computed, section_rows
from tests.grading.test_golden_scores import SCORES, scored
from tests.shared_material import golden

pytestmark = pytest.mark.shared

CASES = golden("edx_tests.json")["cases"]
LEARNER = LearnerId(7)

# How the recalculation task waits for its database. Recording a score and recomputing its grade
# are one transaction here (decision 1.6): there is no queue that could run ahead of the score.
OUT_OF_SCOPE = {"e031": "expected_modified_check"}
COVERED = {
    "assignment_grader": 8,
    "course_grader": 8,
    "invalid_conf": 3,
    "subsection_ids": 1,
    "aggregate_scores": 1,
    "weighted_score": 1,
    "get_score": 1,
    "course_grade_sequence": 1,
    "course_grade_summary": 1,
    "only_if_higher_sequence": 1,
    "persist_only_if_engaged": 1,
    "override_applied_on_update": 1,
    "passed_timestamp_sequence": 1,
    "freeze": 1,
}


def cases(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] == kind]


def only(kind: str) -> dict[str, Any]:
    (case,) = (case for case in CASES if case["kind"] == kind)
    return dict(case)


def test_every_entry_is_played_below_or_out_of_scope_for_a_reason() -> None:
    kinds = [case["kind"] for case in CASES if case["id"] not in OUT_OF_SCOPE]
    out_of_scope = {case["id"]: case["kind"] for case in CASES if case["id"] in OUT_OF_SCOPE}

    assert {kind: kinds.count(kind) for kind in kinds} == COVERED
    assert out_of_scope == OUT_OF_SCOPE
    assert len(CASES) == 31


@pytest.mark.parametrize("case", cases("assignment_grader"))
def test_one_assignment_type(case: dict[str, Any]) -> None:
    read = policy(case["grader"] | {"weight": 1})

    today = computed(case["subsections"], read, Algorithm.EDX_2024)
    of_2022 = computed(case["subsections"], read, Algorithm.EDX_2022)

    assert today.unrounded == case["value_4dp"]
    assert of_2022.unrounded == case["value_2dp"]
    assert of_2022.unrounded == pytest.approx(case["published_percent"], abs=1e-12)
    assert len(section_breakdown(today, Algorithm.EDX_2024)) == case["published_entries"]


@pytest.mark.parametrize("case", cases("course_grader"))
def test_a_whole_course(case: dict[str, Any]) -> None:
    read = policy(*case["GRADER"])

    today = computed(case["subsections"], read, Algorithm.EDX_2024)
    of_2022 = computed(case["subsections"], read, Algorithm.EDX_2022)

    assert today.unrounded == case["value_4dp"]
    assert of_2022.unrounded == case["value_2dp"]
    assert of_2022.unrounded == pytest.approx(case["published_percent"], abs=1e-12)
    assert len(section_breakdown(today, Algorithm.EDX_2024)) == case["published_entries"]
    assert len(category_rows(today)) == case["published_breakdown_size"]


@pytest.mark.parametrize("case", cases("invalid_conf"))
def test_a_policy_without_a_required_key_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidGradingPolicy):
        policy(*case["GRADER"])


def test_breakdown_entries_name_their_subsections() -> None:
    case = only("subsection_ids")

    computation = computed(case["subsections"], policy(*case["GRADER"]), Algorithm.EDX_2024)

    rows = section_rows(computation, Algorithm.EDX_2024)
    assert [row["subsection_id"] for row in rows] == case["expected_ids"]


def test_scores_add_up_over_all_and_over_graded_problems() -> None:
    for step in only("aggregate_scores")["steps"]:
        grade = subsection_grade(subsection_key("s"), [score_of(each) for each in step["scores"]])

        assert [grade.all_total.earned, grade.all_total.possible] == step["all"]
        assert [grade.graded_total.earned, grade.graded_total.possible] == step["graded"]


def test_weighted_scores() -> None:
    case = only("weighted_score")

    assert [list(weighted(*row["args"])) for row in case["rows"]] == [
        row["expected"] for row in case["rows"]
    ]
    with pytest.raises(ScoreOutOfRange):
        weighted(*case["error_row"]["args"])


def test_the_first_store_that_has_a_score_wins() -> None:
    case = only("get_score")
    (everything,) = (
        row["block"]
        for row in SCORES["problem_score"]
        if row.get("note") == "edX unit test: submission wins"
    )
    without_submission = everything | {"submission": None}
    cleared = without_submission | {"csm": everything["csm"] | {"grade": None}}
    unanswered = without_submission | {"csm": None}
    new = unanswered | {"persisted": None}

    found = [scored(each) for each in (everything, without_submission, cleared, unanswered, new)]

    assert [
        score
        and [
            score.raw_earned,
            score.raw_possible,
            score.earned,
            score.possible,
            score.weight,
            score.graded,
            score.first_attempted_at and "NOW",
        ]
        for score in found
    ] == case["expected"]


def test_a_course_grade_is_read_and_updated() -> None:
    case = only("course_grade_sequence")
    content = content_of(
        [subsection("seq1", "Homework"), subsection("seq2", "NoCredit")], policy_of(case["policy"])
    )
    store = Store(content)

    for step in case["steps"]:
        earned, possible = step["problem_score"]
        store.record(earned, possible)
        if step["op"].startswith("update"):
            store.update(force_update_subsections="=True" in step["op"])

        assert {
            "percent": store.course_grade.percent,
            "letter_grade": store.course_grade.letter_grade,
        } == step["read_back"], step


def test_the_summary_of_a_course_grade() -> None:
    case = only("course_grade_summary")
    expected = case["expected"]

    computation = computed(case["subsections"], policy_of(case["policy"]), Algorithm.EDX_2024)

    assert (computation.percent, computation.letter_grade) == (
        expected["percent"],
        expected["grade"],
    )
    assert section_rows(computation, Algorithm.EDX_2024) == expected["section_breakdown"]
    assert category_rows(computation) == expected["grade_breakdown"]


def test_a_grade_is_replaced_only_by_one_that_is_as_high() -> None:
    stored: SubsectionGrade | None = None
    for step in only("only_if_higher_sequence")["steps"]:
        new = graded(*step["new"])
        if stored is None or is_higher_or_equal(
            new.graded_total.earned,
            new.graded_total.possible,
            than_earned=stored.graded_total.earned,
            than_possible=stored.graded_total.possible,
        ):
            stored = revised(stored, new)

        assert [stored.graded_total.earned, stored.graded_total.possible] == step["result"]


def test_a_grade_gets_a_row_only_from_an_attempt_or_a_deletion() -> None:
    for step in only("persist_only_if_engaged")["steps"]:
        grade = graded(*step["score"], attempted=step["attempted"])

        stored = is_to_be_stored(grade, score_deleted=step["score_deleted"])

        assert int(stored) == step["rows_after"]


def test_an_override_replaces_the_parts_that_it_names() -> None:
    case = only("override_applied_on_update")
    for row in case["rows"]:
        earned, possible = row["override"]
        stored = graded(*case["stored"])._replace(
            override=SubsectionGradeOverride(earned_graded=earned, possible_graded=possible),
        )

        updated = revised(stored, graded(*case["stored"])).graded_total

        assert [updated.earned, updated.possible] == row["result"]


def test_the_first_pass_is_dated_and_the_date_is_kept() -> None:
    content = content_of([subsection("s", "Exam")], policy(assignment_type("Exam")))
    grade = zero_course_grade(content, LEARNER)
    moments: dict[datetime, str] = {}
    first_passes = 0
    for number, step in enumerate(only("passed_timestamp_sequence")["steps"]):
        now = MONDAY + timedelta(days=number)
        moments[now] = f"T{number}"
        before = grade
        grade = revised_course_grade(before, outcome(step), content, now=now)
        first_passes += before.passed_at is None and grade.passed_at is not None

        assert (grade.passed_at and moments[grade.passed_at]) == step["timestamp"]
        assert grade.passed is step["passed"]
    assert first_passes == only("passed_timestamp_sequence")["first_time_signals"]


def test_grades_freeze_thirty_days_after_the_end() -> None:
    for row in only("freeze")["rows"]:
        freeze = freeze_of(MONDAY, timedelta(days=30) if row["flag"] else None)
        now = MONDAY + timedelta(days=row["days_since_end"])

        assert freeze.frozen(now) is not row["task_runs"]
        if row["task_runs"]:
            freeze.require_open(now)
        else:
            with pytest.raises(GradesFrozen):
                freeze.require_open(now)


@dataclass
class Store:
    """One learner's scores and grades, kept and updated as the service does it."""

    content: CourseContent
    recorded: dict[UsageKey, RecordedScore] = field(default_factory=dict)
    grades: dict[UsageKey, SubsectionGrade] = field(default_factory=dict)
    _course_grade: CourseGrade | None = None

    @property
    def course_grade(self) -> CourseGrade:
        return self._course_grade or zero_course_grade(self.content, LEARNER)

    def record(self, earned: float, possible: float) -> None:
        for key in self.content.problems:
            self.recorded[key] = RecordedScore(earned, possible, TUESDAY, MONDAY)

    def update(self, *, force_update_subsections: bool) -> None:
        if force_update_subsections:
            for key, each in self.content.subsections.items():
                new = self.content.subsection_grade(each, self.recorded)
                self.grades[key] = revised(self.grades.get(key), new)
        self._course_grade = revised_course_grade(
            self.course_grade, compute(self.content, self.grades), self.content, now=TUESDAY
        )


def score_of(row: Mapping[str, Any]) -> ProblemScore:
    return ProblemScore(
        usage_key=problem("p").usage_key,
        earned=row["earned"],
        possible=row["possible"],
        raw_earned=row["earned"],
        raw_possible=row["possible"],
        weight=None,
        graded=row["graded"],
        first_attempted_at=MONDAY if row["attempted"] else None,
    )


def graded(earned: float, possible: float, *, attempted: bool = True) -> SubsectionGrade:
    points = Total(earned, possible, MONDAY if attempted else None)
    return SubsectionGrade(subsection_key("s"), points, points)


def outcome(step: Mapping[str, Any]) -> Computation:
    fraction = step["percent"] / 100
    return Computation(fraction, fraction, step["letter"] or None, step["passed"], ())
