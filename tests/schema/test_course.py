"""``course``: what is taught, how it is graded, and when its grades stop changing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from db.courses import StoredCourse
from tests.schema.execution import AS_NOBODY, AS_STAFF, data, refusal
from tests.schema.heat import COURSE_KEY, POLICY, publish_course, sequential, usage_key

COURSE = "query ($courseKey: CourseKey!) {{ course(courseKey: $courseKey) {{ {} }} }}"


async def ask(fields: str) -> dict[str, Any]:
    answered = await data(COURSE.format(fields), courseKey=COURSE_KEY)
    course: dict[str, Any] = answered["course"]
    return course


async def test_a_course_tells_what_it_is(course: StoredCourse) -> None:
    answered = await ask("id courseKey displayName start end courseVersion")

    assert answered == {
        "id": "Q291cnNlOjE",
        "courseKey": COURSE_KEY,
        "displayName": "Heat",
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-07-01T00:00:00Z",
        "courseVersion": course.content.version,
    }


async def test_sections_and_subsections_come_in_course_order(course: StoredCourse) -> None:
    answered = await ask(
        "sections { usageKey displayName subsections { displayName section { displayName } } }"
    )

    def subsections(section: str, *names: str) -> list[dict[str, Any]]:
        return [{"displayName": name, "section": {"displayName": section}} for name in names]

    assert answered == {
        "sections": [
            {
                "usageKey": usage_key("chapter", "warmth"),
                "displayName": "Warmth",
                "subsections": subsections(
                    "Warmth", "Temperature", "Conduction", "Radiation", "Reading"
                ),
            },
            {
                "usageKey": usage_key("chapter", "engines"),
                "displayName": "Engines",
                "subsections": subsections("Engines", "Steam", "Exam"),
            },
        ]
    }


async def test_graded_subsections_have_labels_types_and_dates(course: StoredCourse) -> None:
    answered = await ask("subsections { usageKey shortLabel graded due assignmentType { name } }")

    columns = [
        ("hw1", "HW 01", "Homework", None),
        ("hw2", "HW 02", "Homework", None),
        ("hw3", "HW 03", "Homework", None),
        ("reading", None, None, None),
        ("lab1", "Lab 01", "Lab", None),
        ("exam", "Exam", "Exam", "2026-05-31T21:59:00Z"),
    ]
    assert answered["subsections"] == [
        {
            "usageKey": sequential(name),
            "shortLabel": label,
            "graded": label is not None,
            "due": due,
            "assignmentType": kind and {"name": kind},
        }
        for name, label, kind, due in columns
    ]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("(graded: true)", ["hw1", "hw2", "hw3", "lab1", "exam"]),
        ("(graded: false)", ["reading"]),
        ('(assignmentType: "Homework")', ["hw1", "hw2", "hw3", "reading"]),
        ('(graded: true, assignmentType: "Lab")', ["lab1"]),
        ('(assignmentType: "Essay")', []),
    ],
)
async def test_subsections_can_be_filtered(
    course: StoredCourse, arguments: str, names: list[str]
) -> None:
    answered = await ask(f"subsections{arguments} {{ usageKey }}")

    assert answered["subsections"] == [{"usageKey": sequential(name)} for name in names]


@pytest.mark.parametrize(("name", "title"), [("exam", "Exam"), ("nowhere", None)])
async def test_one_subsection_is_found_by_its_key(
    course: StoredCourse, name: str, title: str | None
) -> None:
    answered = await ask(f'subsection(usageKey: "{sequential(name)}") {{ displayName }}')

    assert answered == {"subsection": title and {"displayName": title}}


async def test_the_policy_tells_its_rows_cutoffs_and_oddities(course: StoredCourse) -> None:
    answered = await ask(
        "gradingPolicy { hash weightSum passingThreshold gradeCutoffs { letterGrade threshold }"
        " assignmentTypes { name shortLabel weight minCount dropCount"
        " subsections { displayName } } warnings { code message assignmentType } }"
    )

    assert answered["gradingPolicy"] == {
        "hash": "e8KNDIhoE6Wt63qzZYUBdH9phWU=",
        "weightSum": 1.0,
        "passingThreshold": 0.5,
        "gradeCutoffs": [
            {"letterGrade": "A", "threshold": 0.9},
            {"letterGrade": "B", "threshold": 0.7},
            {"letterGrade": "C", "threshold": 0.5},
        ],
        "assignmentTypes": [
            {
                "name": "Homework",
                "shortLabel": "HW",
                "weight": 0.5,
                "minCount": 3,
                "dropCount": 1,
                "subsections": [
                    {"displayName": "Temperature"},
                    {"displayName": "Conduction"},
                    {"displayName": "Radiation"},
                ],
            },
            {
                "name": "Lab",
                "shortLabel": "Lab",
                "weight": 0.2,
                "minCount": 2,
                "dropCount": 0,
                "subsections": [{"displayName": "Steam"}],
            },
            {
                "name": "Exam",
                "shortLabel": "Exam",
                "weight": 0.3,
                "minCount": 1,
                "dropCount": 0,
                "subsections": [{"displayName": "Exam"}],
            },
        ],
        "warnings": [
            {
                "code": "FEWER_SUBSECTIONS_THAN_MIN_COUNT",
                "message": "'Lab' expects 2 subsections and has 1: the missing ones count as zero.",
                "assignmentType": "Lab",
            }
        ],
    }


async def test_a_policy_that_nobody_can_pass_says_so(database: str) -> None:
    kinds = [{**kind, "weight": 0.5, "drop_count": 0} for kind in POLICY["GRADER"][:1]]
    await publish_course(policy={"GRADER": kinds, "GRADE_CUTOFFS": {"Seen": 0}})

    answered = await ask(
        "gradingPolicy { weightSum passingThreshold gradeCutoffs { letterGrade threshold }"
        " warnings { code message assignmentType } }"
    )

    assert answered["gradingPolicy"] == {
        "weightSum": 0.5,
        "passingThreshold": None,
        "gradeCutoffs": [{"letterGrade": "Seen", "threshold": 0.0}],
        "warnings": [
            {
                "code": "WEIGHTS_DO_NOT_SUM_TO_ONE",
                "message": "The weights add up to 0.5, not 1: no grade can exceed 50.00%.",
                "assignmentType": None,
            },
            {
                "code": "NO_PASSING_CUTOFF",
                "message": "No cutoff is above zero: nobody can pass.",
                "assignmentType": None,
            },
            *(
                {
                    "code": "GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE",
                    "message": f"1 graded subsection(s) are of type '{name}', "
                    "which the policy does not know: they do not count.",
                    "assignmentType": name,
                }
                for name in ("Lab", "Exam")
            ),
        ],
    }


@pytest.mark.parametrize(
    ("now", "frozen"),
    [
        (datetime(2026, 7, 31, tzinfo=UTC), False),
        (datetime(2026, 7, 31, microsecond=1, tzinfo=UTC), True),
    ],
)
async def test_grades_freeze_thirty_days_after_the_end(
    course: StoredCourse, now: datetime, frozen: bool
) -> None:
    answered = await data(
        COURSE.format("gradesFreeze { frozen freezesAt }"),
        replace(AS_STAFF, now=now),
        courseKey=COURSE_KEY,
    )

    assert answered["course"] == {
        "gradesFreeze": {"frozen": frozen, "freezesAt": "2026-07-31T00:00:00Z"}
    }


async def test_grades_never_freeze_where_freezing_is_turned_off(course: StoredCourse) -> None:
    answered = await data(
        COURSE.format("gradesFreeze { frozen freezesAt }"),
        replace(AS_STAFF, now=datetime(2100, 1, 1, tzinfo=UTC), freeze_after=None),
        courseKey=COURSE_KEY,
    )

    assert answered["course"] == {"gradesFreeze": {"frozen": False, "freezesAt": None}}


async def test_a_course_tells_one_learners_grade(course: StoredCourse) -> None:
    answered = await ask(
        'ada: courseGrade(learner: {username: "ada"}) { percent }'
        ' nobody: courseGrade(learner: {username: "eve"}) { percent }'
    )

    assert answered == {"ada": {"percent": 0.71}, "nobody": None}


async def test_an_unknown_course_is_null(course: StoredCourse) -> None:
    answered = await data(COURSE.format("id"), courseKey="course-v1:Acme+Cold+2026")

    assert answered == {"course": None}


async def test_nobody_in_particular_may_not_know_of_a_course(course: StoredCourse) -> None:
    answered = await data(COURSE.format("displayName"), AS_NOBODY, courseKey=COURSE_KEY)

    assert answered == {"course": None}


MALFORMED_KEYS = [
    "",
    "Heat",
    "course-v1:Acme+Heat",
    "course-v1:Acme+Heat+2026+again",
    "course-v1:Acme+Heat+2026\n",
    "course-v1:Acme+He at+2026",
    "course-v1:Acme+Heat+" + "x" * 255,
    "half a pair \ud800",
]


@pytest.mark.parametrize("key", MALFORMED_KEYS, ids=range(len(MALFORMED_KEYS)))
async def test_a_malformed_course_key_in_a_variable_is_refused(
    course: StoredCourse, key: str
) -> None:
    error = await refusal(COURSE.format("id"), courseKey=key)

    assert error == {
        "message": f"Variable '$courseKey' has invalid value: {key[:255]!r} is no course key; "
        "expected course-v1:ORG+COURSE+RUN.",
        "path": None,
        "code": "INVALID_INPUT",
    }


async def test_a_malformed_course_key_in_a_literal_is_refused(course: StoredCourse) -> None:
    error = await refusal('{ course(courseKey: "Heat") { id } }')

    assert error == {
        "message": "'Heat' is no course key; expected course-v1:ORG+COURSE+RUN.",
        "path": None,
        "code": "INVALID_INPUT",
    }


@pytest.mark.parametrize("literal", ["12", "true", "[1]", "{a: 1}"])
async def test_a_course_key_is_text(course: StoredCourse, literal: str) -> None:
    error = await refusal(f"{{ course(courseKey: {literal}) {{ id }} }}")

    assert error == {"message": "A course key is text.", "path": None, "code": "INVALID_INPUT"}


async def test_a_malformed_usage_key_is_refused(course: StoredCourse) -> None:
    error = await refusal(
        COURSE.format('subsection(usageKey: "i4x://Acme/Heat/problem/p1") { id }'),
        courseKey=COURSE_KEY,
    )

    assert error == {
        "message": "'i4x://Acme/Heat/problem/p1' is no usage key; "
        "expected block-v1:ORG+COURSE+RUN+type@TYPE+block@ID.",
        "path": None,
        "code": "INVALID_INPUT",
    }
