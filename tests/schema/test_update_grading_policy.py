"""``updateGradingPolicy``: a policy looked at first, and applied to exactly those concerned."""

from typing import Any, Final

import pytest

from db.courses import StoredCourse
from db.sql import fetch
from resolvers.job_running import run_chunk
from tests.schema.execution import AS_STAFF, data, everything_stored, refused_change
from tests.schema.heat import ADA, BEA, COURSE_KEY, CYD, record

UPDATE: Final = """
mutation ($input: UpdateGradingPolicyInput!) {
  updateGradingPolicy(input: $input) {
    gradingPolicy {
      hash weightSum assignmentTypes { name shortLabel } warnings { code assignmentType }
    }
    job { id kind total state }
    preview {
      learnerCount percentChangedCount letterGradeChangedCount passedChangedCount failedCount
      changes {
        before { learner { username } percent letterGrade passed }
        percent letterGrade passed
      }
    }
    renamedAssignmentTypes { before after uncountedSubsectionCount }
    userErrors { __typename code message field }
  }
}
"""
POLICY: Final = """
query ($courseKey: CourseKey!) { course(courseKey: $courseKey) { gradingPolicy { hash } } }
"""
GRADE: Final = """
query ($courseKey: CourseKey!, $learner: LearnerRef!) {
  courseGrade(courseKey: $courseKey, learner: $learner) {
    percent letterGrade passed version staleness
  }
}
"""
HOMEWORK: Final = {
    "name": "Homework",
    "shortLabel": "HW",
    "weight": 0.5,
    "minCount": 3,
    "dropCount": 1,
}
LAB: Final = {"name": "Lab", "weight": 0.1, "minCount": 2}
EXAM: Final = {"name": "Exam", "weight": 0.4, "minCount": 1}
CUTOFFS: Final = {"A": 0.9, "B": 0.7, "C": 0.4}


def wanted(
    *types: dict[str, Any], cutoffs: dict[str, float] = CUTOFFS, **more: object
) -> dict[str, Any]:
    """Ask for a policy; by default one that makes an exam of 40 %, which is enough to pass."""
    return {
        "courseKey": COURSE_KEY,
        "assignmentTypes": list(types) or [HOMEWORK, LAB, EXAM],
        "gradeCutoffs": [
            {"letterGrade": letter, "threshold": threshold} for letter, threshold in cutoffs.items()
        ],
        **more,
    }


@pytest.fixture
async def graded(course: StoredCourse) -> StoredCourse:
    """Ada has 71 % (B), Bea the exam alone, 30 %; Cyd a zero, which stays one."""
    await record(course, [BEA], {"p6": (10, 10)})
    await record(course, [CYD], {"p1": (0, 4)})
    return course


async def update(asked: dict[str, Any]) -> dict[str, Any]:
    """Send a change that must not be refused."""
    payload: dict[str, Any] = (await data(UPDATE, input=asked))["updateGradingPolicy"]
    assert payload["userErrors"] == []
    return payload


async def grade(username: str) -> dict[str, Any]:
    answered = await data(GRADE, courseKey=COURSE_KEY, learner={"username": username})
    found: dict[str, Any] = answered["courseGrade"]
    return found


def shown(
    username: str, before: tuple[float, str | None, bool], after: tuple[float, str | None, bool]
) -> dict[str, Any]:
    def told(figures: tuple[float, str | None, bool]) -> dict[str, Any]:
        return dict(zip(("percent", "letterGrade", "passed"), figures, strict=True))

    return {"before": {"learner": {"username": username}, **told(before)}, **told(after)}


async def test_a_dry_run_says_who_would_have_another_grade_and_stores_nothing(
    graded: StoredCourse,
) -> None:
    payload = await refused_change(UPDATE, input=wanted(dryRun=True))

    assert payload["userErrors"] == []
    assert payload["job"] is None
    assert payload["preview"] == {
        "learnerCount": 3,
        "percentChangedCount": 2,
        "letterGradeChangedCount": 1,
        "passedChangedCount": 1,
        "failedCount": 0,
        # First whose letter or pass would be another, then whose percent alone.
        "changes": [
            shown("bea", (0.3, None, False), (0.4, "C", True)),
            shown("ada", (0.71, "B", True), (0.74, "B", True)),
        ],
    }
    assert payload["renamedAssignmentTypes"] == []
    assert (await data(POLICY, courseKey=COURSE_KEY))["course"]["gradingPolicy"]["hash"] != (
        payload["gradingPolicy"]["hash"]
    )


async def test_a_change_does_what_was_foretold_to_exactly_those_concerned(
    graded: StoredCourse,
) -> None:
    foretold = (await update(wanted(dryRun=True)))["preview"]
    events = await fetch("select id from grade_event")

    payload = await update(wanted())

    assert payload["preview"] is None
    job = payload["job"]
    assert (job["kind"], job["total"], job["state"]) == ("REGRADE", 3, "QUEUED")
    stored = (await data(POLICY, courseKey=COURSE_KEY))["course"]["gradingPolicy"]["hash"]
    assert payload["gradingPolicy"]["hash"] == stored
    for username in ("ada", "bea"):
        assert (await grade(username))["staleness"] == ["GRADING_POLICY_CHANGED"]
    while await run_chunk(AS_STAFF.context()):
        pass

    found = await data("query ($id: ID!) { gradeJob(id: $id) { state saved } }", id=job["id"])
    assert found["gradeJob"] == {"state": "COMPLETED", "saved": 2}
    assert await grade("ada") == {
        "percent": 0.74,
        "letterGrade": "B",
        "passed": True,
        "version": "2",
        "staleness": [],
    }
    assert (await grade("bea")) == {
        "percent": 0.4,
        "letterGrade": "C",
        "passed": True,
        "version": "2",
        "staleness": [],
    }
    assert foretold["percentChangedCount"] == 2
    told = await fetch(
        "select distinct learner_id, cause, actor from grade_event where id > $1 order by 1",
        max(number for (number,) in events),
    )
    assert [tuple(one) for one in told] == [
        (ADA.id, "GRADING_POLICY_CHANGED", "staff"),
        (BEA.id, "GRADING_POLICY_CHANGED", "staff"),
    ]


async def test_without_a_regrade_grades_are_stale_until_they_are_updated(
    graded: StoredCourse,
) -> None:
    before = await fetch("select * from course_grade order by id")

    payload = await update(wanted(regrade=False))

    assert payload["job"] is None
    assert await fetch("select count(*) from grade_job") == [(0,)]
    assert await fetch("select * from course_grade order by id") == before
    assert (await grade("ada"))["staleness"] == ["GRADING_POLICY_CHANGED"]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_renamed_type_is_named_with_the_format_that_it_orphans(
    graded: StoredCourse, dry_run: bool
) -> None:
    asked = wanted(HOMEWORK | {"name": "Assignment"}, LAB, EXAM, dryRun=dry_run)

    payload = await update(asked)

    assert payload["renamedAssignmentTypes"] == [
        {"before": "Homework", "after": "Assignment", "uncountedSubsectionCount": 3}
    ]
    warnings = [
        (one["code"], one["assignmentType"]) for one in payload["gradingPolicy"]["warnings"]
    ]
    assert ("GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE", "Homework") in warnings
    assert ("ASSIGNMENT_TYPE_WITHOUT_SUBSECTION", "Assignment") in warnings
    if dry_run:
        ada, bea = payload["preview"]["changes"]
        assert (ada["before"]["learner"]["username"], ada["percent"]) == ("ada", 0.37)
        assert (bea["before"]["learner"]["username"], bea["percent"]) == ("bea", 0.4)


async def test_a_type_that_is_left_out_orphans_its_format(graded: StoredCourse) -> None:
    payload = await update(wanted(HOMEWORK, EXAM | {"weight": 0.5}, dryRun=True))

    assert payload["renamedAssignmentTypes"] == []
    assert payload["gradingPolicy"]["warnings"] == [
        {"code": "GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE", "assignmentType": "Lab"}
    ]


def refused(code: str, message: str, *field: str) -> list[dict[str, Any]]:
    return [
        {
            "__typename": "InputError",
            "code": code,
            "message": message,
            "field": list(field) or None,
        }
    ]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        (
            wanted(EXAM | {"minCount": 2_000}, LAB | {"weight": 1e7}),
            refused(
                "INVALID_GRADING_POLICY",
                "The grading policy is not valid: Assignment type 1 (Exam): min_count must be "
                "a whole number between -1000 and 1000. Assignment type 2 (Lab): weight must be a "
                "number between -1000000 and 1000000.",
            ),
        ),
        (
            wanted(cutoffs={"nul\0": 0.5}),
            refused(
                "INVALID_GRADING_POLICY",
                "The grading policy is not valid: Cutoff 'nul\\x00' must be named with at most "
                "255 characters, none of them NUL.",
            ),
        ),
        (
            wanted()
            | {
                "gradeCutoffs": [
                    {"letterGrade": "A", "threshold": 0.9},
                    {"letterGrade": "A", "threshold": 0.8},
                ]
            },
            refused(
                "DUPLICATE_ITEM",
                "The letter 'A' has two cutoffs.",
                *("gradeCutoffs", "1", "letterGrade"),
            ),
        ),
        (
            wanted(ifHash="another"),
            refused(
                "VERSION_CONFLICT",
                "Somebody else has changed the policy meanwhile: look at the present one first.",
                "ifHash",
            ),
        ),
        (
            wanted(courseKey="course-v1:Acme+Cold+2026"),
            refused(
                "COURSE_NOT_FOUND",
                "There is no course course-v1:Acme+Cold+2026, or you may not know of it.",
            ),
        ),
    ],
    ids=["rows", "letters", "two cutoffs", "another hash", "no course"],
)
async def test_what_cannot_be_a_policy_is_refused_and_changes_nothing(
    graded: StoredCourse, asked: dict[str, Any], errors: list[dict[str, Any]], dry_run: bool
) -> None:
    payload = await refused_change(UPDATE, input=asked | {"dryRun": dry_run})

    assert payload == {
        "gradingPolicy": None,
        "job": None,
        "preview": None,
        "renamedAssignmentTypes": [],
        "userErrors": errors,
    }
    assert not await run_chunk(AS_STAFF.context())


async def test_the_same_policy_again_is_no_news(graded: StoredCourse) -> None:
    first = await update(wanted())
    while await run_chunk(AS_STAFF.context()):
        pass
    stored = await everything_stored()

    again = await update(wanted(ifHash=first["gradingPolicy"]["hash"]))

    assert again["job"] is None
    assert again["gradingPolicy"] == first["gradingPolicy"]
    assert await everything_stored() == stored


async def test_a_dry_run_that_changes_nobody_names_nobody(graded: StoredCourse) -> None:
    same = wanted(HOMEWORK, LAB | {"weight": 0.2}, EXAM | {"weight": 0.3}, cutoffs={"B": 0.5})

    payload = await update(same | {"dryRun": True})

    preview = payload["preview"]
    assert (preview["learnerCount"], preview["changes"]) == (3, [])
