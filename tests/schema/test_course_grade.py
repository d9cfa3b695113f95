"""``courseGrade``: the stored grade or the zero grade, and all that it is made of."""

from typing import Any

import pytest

from db.courses import StoredCourse
from grading import Section
from tests.schema.execution import AS_NOBODY, data, everything_stored, refusal
from tests.schema.heat import (
    ADA,
    COURSE_KEY,
    NOW,
    POLICY,
    problem,
    publish_course,
    record,
    sequential,
    structure,
)

GRADE = """
query ($courseKey: CourseKey!, $learner: LearnerRef!) {
  courseGrade(courseKey: $courseKey, learner: $learner) {
    percent unroundedPercent displayPercent currentPercent letterGrade passed passingStatus
    passedAt attempted persisted lastUpdated version staleness algorithm gradingPolicyHash
    courseVersion
    course { courseKey }
    learner { username }
    enrollment { active mode cohort }
  }
}
"""

POLICY_HASH = "e8KNDIhoE6Wt63qzZYUBdH9phWU="


def grade_of_ada(fields: str) -> str:
    return (
        "query ($courseKey: CourseKey!)"
        f'{{ courseGrade(courseKey: $courseKey, learner: {{username: "ada"}}) {{ {fields} }} }}'
    )


async def ada(fields: str) -> dict[str, Any]:
    answered = await data(grade_of_ada(fields), courseKey=COURSE_KEY)
    grade: dict[str, Any] = answered["courseGrade"]
    return grade


async def test_a_stored_grade_is_answered_with_every_figure(course: StoredCourse) -> None:
    answered = await data(GRADE, courseKey=COURSE_KEY, learner={"username": "ada"})

    assert answered == {
        "courseGrade": {
            "percent": 0.71,
            "unroundedPercent": 0.7050000000000001,
            "displayPercent": "71%",
            # (0.8333 x 0.5 + 0.9 x 0.2 + 0.8 x 0.3) / 1 = 0.83665
            "currentPercent": 0.84,
            "letterGrade": "B",
            "passed": True,
            "passingStatus": "PASSING",
            "passedAt": "2026-03-01T12:00:00Z",
            "attempted": True,
            "persisted": True,
            "lastUpdated": "2026-03-01T12:00:00Z",
            "version": "1",
            "staleness": [],
            "algorithm": "EDX_2024",
            "gradingPolicyHash": POLICY_HASH,
            "courseVersion": course.content.version,
            "course": {"courseKey": COURSE_KEY},
            "learner": {"username": "ada"},
            "enrollment": {"active": True, "mode": "verified", "cohort": "Blue"},
        }
    }


async def test_a_learner_who_did_nothing_has_the_zero_grade(course: StoredCourse) -> None:
    answered = await data(GRADE, courseKey=COURSE_KEY, learner={"username": "bea"})

    assert answered == {
        "courseGrade": {
            "percent": 0.0,
            "unroundedPercent": 0.0,
            "displayPercent": "0%",
            "currentPercent": None,
            "letterGrade": None,
            "passed": False,
            "passingStatus": "NOT_ATTEMPTED",
            "passedAt": None,
            "attempted": False,
            "persisted": False,
            "lastUpdated": None,
            "version": "0",
            "staleness": [],
            "algorithm": "EDX_2024",
            "gradingPolicyHash": None,
            "courseVersion": None,
            "course": {"courseKey": COURSE_KEY},
            "learner": {"username": "bea"},
            "enrollment": {"active": True, "mode": "verified", "cohort": "Blue"},
        }
    }


async def test_a_learner_who_has_left_still_has_a_grade(course: StoredCourse) -> None:
    answered = await data(GRADE, courseKey=COURSE_KEY, learner={"username": "cyd"})

    assert answered["courseGrade"]["enrollment"] == {
        "active": False,
        "mode": "verified",
        "cohort": "Blue",
    }


async def test_a_failing_learner_keeps_no_letter_and_no_date(course: StoredCourse) -> None:
    await record(course, [ADA], {"p6": (0, 10), "p5": (0, 10), "p3": (0, 3)}, scored_at=NOW)

    # Homework: (0.8333 + 0) / 2 = 0.41665 x 0.5 = 0.208325; the rest is zero.
    answered = await ada("percent letterGrade passed passingStatus passedAt version")

    assert answered == {
        "percent": 0.21,
        "letterGrade": None,
        "passed": False,
        "passingStatus": "FAILING",
        "passedAt": "2026-03-01T12:00:00Z",
        "version": "2",
    }


async def test_each_row_of_the_policy_says_what_it_comes_to(course: StoredCourse) -> None:
    answered = await ada(
        "assignmentTypeGrades { assignmentType { name shortLabel weight minCount dropCount }"
        " percent weightedPercent displayWeightedPercent(decimals: null)"
        " short: displayWeightedPercent(decimals: 0)"
        " count placeholderCount dropped { subsection { displayName } } }"
    )

    assert answered == {
        "assignmentTypeGrades": [
            {
                "assignmentType": {
                    "name": "Homework",
                    "shortLabel": "HW",
                    "weight": 0.5,
                    "minCount": 3,
                    "dropCount": 1,
                },
                "percent": 0.75,
                "weightedPercent": 0.375,
                "displayWeightedPercent": "37.50%",
                "short": "38%",
                "count": 3,
                "placeholderCount": 0,
                "dropped": [{"subsection": {"displayName": "Radiation"}}],
            },
            {
                "assignmentType": {
                    "name": "Lab",
                    "shortLabel": "Lab",
                    "weight": 0.2,
                    "minCount": 2,
                    "dropCount": 0,
                },
                "percent": 0.45,
                "weightedPercent": 0.09000000000000001,
                "displayWeightedPercent": "9.00%",
                "short": "9%",
                "count": 1,
                "placeholderCount": 1,
                "dropped": [],
            },
            {
                "assignmentType": {
                    "name": "Exam",
                    "shortLabel": "Exam",
                    "weight": 0.3,
                    "minCount": 1,
                    "dropCount": 0,
                },
                "percent": 0.8,
                "weightedPercent": 0.24,
                "displayWeightedPercent": "24.00%",
                "short": "24%",
                "count": 1,
                "placeholderCount": 0,
                "dropped": [],
            },
        ]
    }


async def test_the_shares_add_up_to_the_unrounded_percent(course: StoredCourse) -> None:
    answered = await ada("unroundedPercent assignmentTypeGrades { weightedPercent }")

    shares = [row["weightedPercent"] for row in answered["assignmentTypeGrades"]]
    assert sum(shares) == answered["unroundedPercent"]


async def test_the_explanation_tells_the_whole_way(course: StoredCourse) -> None:
    answered = await ada(
        "explanation { algorithm sumText unroundedPercent roundingText percent verdictText"
        " cutoff { letterGrade threshold }"
        " assignmentTypes { assignmentType { name } average contribution text"
        " entries { usageKey label detail percent placeholder dropped } } }"
    )

    homework = [
        ("hw1", "HW 01", "Homework 1 - Temperature - 83.33% (5/6)", 0.8333, False),
        ("hw2", "HW 02", "Homework 2 - Conduction - 66.67% (4/6)", 0.6667, False),
        ("hw3", "HW 03", "Homework 3 - Radiation - 0.00% (0/5)", 0.0, True),
    ]
    explanation = answered["explanation"]
    kinds = explanation.pop("assignmentTypes")
    assert explanation == {
        "algorithm": "EDX_2024",
        "sumText": "0.375 + 0.09 + 0.24 = 0.705",
        "unroundedPercent": 0.7050000000000001,
        "roundingText": "70.5 % + 0.05 %, rounded to a whole percent, is 71 %.",
        "percent": 0.71,
        "verdictText": "71 % reaches B (from 70 %); it passes (from 50 %).",
        "cutoff": {"letterGrade": "B", "threshold": 0.7},
    }
    assert kinds[0] == {
        "assignmentType": {"name": "Homework"},
        "average": 0.75,
        "contribution": 0.375,
        "text": "Homework: average 0.75 (3 counted, 1 dropped) x weight 0.5 = 0.375",
        "entries": [
            {
                "usageKey": sequential(name),
                "label": label,
                "detail": detail,
                "percent": percent,
                "placeholder": False,
                "dropped": dropped,
            }
            for name, label, detail, percent, dropped in homework
        ],
    }
    assert kinds[1]["text"] == (
        "Lab: average 0.45 (1 counted, 1 not yet released and zero) x weight 0.2 = 0.09"
    )
    assert kinds[1]["entries"][1] == {
        "usageKey": None,
        "label": "Lab 02",
        "detail": "Lab 2 Unreleased - 0% (?/?)",
        "percent": 0.0,
        "placeholder": True,
        "dropped": False,
    }
    assert kinds[2]["text"] == "Exam: average 0.8 (1 counted) x weight 0.3 = 0.24"


async def test_the_explanation_of_the_zero_grade_reaches_no_cutoff(course: StoredCourse) -> None:
    answered = await data(
        "query ($courseKey: CourseKey!) { courseGrade(courseKey: $courseKey, learner:"
        ' {username: "bea"}) { explanation { sumText verdictText cutoff { letterGrade } } } }',
        courseKey=COURSE_KEY,
    )

    assert answered["courseGrade"]["explanation"] == {
        "sumText": "0 + 0 + 0 = 0",
        "verdictText": "0 % reaches no cutoff; it does not pass (from 50 %).",
        "cutoff": None,
    }


@pytest.mark.parametrize(
    ("decimals", "text"), [("0", "83%"), ("1", "83.3%"), ("4", "83.3300%"), ("null", "83%")]
)
async def test_percents_are_written_with_the_decimals_asked_for(
    course: StoredCourse, decimals: str, text: str
) -> None:
    answered = await ada(
        f'subsectionGrade(usageKey: "{sequential("hw1")}")'
        f"{{ displayPercent(decimals: {decimals}) }}"
    )

    assert answered == {"subsectionGrade": {"displayPercent": text}}


@pytest.mark.parametrize("decimals", [-1, 7])
async def test_decimals_out_of_range_are_refused(course: StoredCourse, decimals: int) -> None:
    error = await refusal(
        grade_of_ada(f"displayPercent(decimals: {decimals})"), courseKey=COURSE_KEY
    )

    assert error == {
        "message": "decimals must be 0 to 6.",
        "path": ["courseGrade", "displayPercent"],
        "code": "INVALID_INPUT",
    }


async def test_sections_have_totals_and_their_subsections(course: StoredCourse) -> None:
    answered = await ada(
        "sectionGrades { section { displayName } score { earned possible percent display }"
        " subsectionGrades { subsection { displayName } status dropped } }"
    )

    assert answered == {
        "sectionGrades": [
            {
                "section": {"displayName": "Warmth"},
                "score": {"earned": 9.0, "possible": 17.0, "percent": 0.5294, "display": "9/17"},
                "subsectionGrades": [
                    {
                        "subsection": {"displayName": "Temperature"},
                        "status": "ATTEMPTED",
                        "dropped": False,
                    },
                    {
                        "subsection": {"displayName": "Conduction"},
                        "status": "ATTEMPTED",
                        "dropped": False,
                    },
                    {
                        "subsection": {"displayName": "Radiation"},
                        "status": "NOT_ATTEMPTED",
                        "dropped": True,
                    },
                    {
                        "subsection": {"displayName": "Reading"},
                        "status": "NOT_ATTEMPTED",
                        "dropped": False,
                    },
                ],
            },
            {
                "section": {"displayName": "Engines"},
                "score": {"earned": 17.0, "possible": 20.0, "percent": 0.85, "display": "17/20"},
                "subsectionGrades": [
                    {
                        "subsection": {"displayName": "Steam"},
                        "status": "ATTEMPTED",
                        "dropped": False,
                    },
                    {
                        "subsection": {"displayName": "Exam"},
                        "status": "ATTEMPTED",
                        "dropped": False,
                    },
                ],
            },
        ]
    }


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("", ["hw1", "hw2", "hw3", "reading", "lab1", "exam"]),
        ("(graded: null, assignmentType: null, usageKeys: null)", None),
        ("(graded: true)", ["hw1", "hw2", "hw3", "lab1", "exam"]),
        ("(graded: false)", ["reading"]),
        ('(assignmentType: "Homework")', ["hw1", "hw2", "hw3", "reading"]),
        ('(graded: true, assignmentType: "Homework")', ["hw1", "hw2", "hw3"]),
        ('(assignmentType: "Essay")', []),
        (f'(usageKeys: ["{sequential("exam")}", "{sequential("hw2")}"])', ["hw2", "exam"]),
        ("(usageKeys: [])", []),
    ],
)
async def test_subsection_grades_can_be_filtered(
    course: StoredCourse, arguments: str, names: list[str] | None
) -> None:
    answered = await ada(f"subsectionGrades{arguments} {{ subsection {{ usageKey }} }}")

    all_names = ["hw1", "hw2", "hw3", "reading", "lab1", "exam"]
    assert answered["subsectionGrades"] == [
        {"subsection": {"usageKey": sequential(name)}}
        for name in (all_names if names is None else names)
    ]


async def test_a_subsection_grade_has_every_figure(course: StoredCourse) -> None:
    answered = await ada(
        f'subsectionGrade(usageKey: "{sequential("hw2")}") {{'
        " learner { username } subsection { shortLabel } status attempted firstAttemptedAt dropped"
        " percentGraded displayPercent version lastUpdated courseVersion"
        " gradedTotal { earned possible percent display }"
        " allTotal { earned possible percent display }"
        " problemScores { usageKey displayName earned possible rawEarned rawPossible weight"
        " graded firstAttemptedAt } }"
    )

    total = {"earned": 4.0, "possible": 6.0, "percent": 0.6667, "display": "4/6"}
    assert answered == {
        "subsectionGrade": {
            "learner": {"username": "ada"},
            "subsection": {"shortLabel": "HW 02"},
            "status": "ATTEMPTED",
            "attempted": True,
            "firstAttemptedAt": "2026-02-01T09:30:00Z",
            "dropped": False,
            "percentGraded": 0.6667,
            "displayPercent": "67%",
            "version": "1",
            "lastUpdated": "2026-03-01T12:00:00Z",
            "courseVersion": course.content.version,
            "gradedTotal": total,
            "allTotal": total,
            "problemScores": [
                {
                    "usageKey": problem("p3"),
                    "displayName": "Problem p3",
                    "earned": 4.0,
                    "possible": 6.0,
                    "rawEarned": 2.0,
                    "rawPossible": 3.0,
                    "weight": 6.0,
                    "graded": True,
                    "firstAttemptedAt": "2026-02-01T09:30:00Z",
                }
            ],
        }
    }


async def test_a_subsection_without_graded_points_has_no_percent(course: StoredCourse) -> None:
    await record(course, [ADA], {"quiz": (1, 1)})

    answered = await ada(
        f'subsectionGrade(usageKey: "{sequential("reading")}") {{ status percentGraded'
        " gradedTotal { earned possible percent display } allTotal { display percent } }"
    )

    assert answered == {
        "subsectionGrade": {
            "status": "ATTEMPTED",
            "percentGraded": 0.0,
            "gradedTotal": {"earned": 0.0, "possible": 0.0, "percent": None, "display": "0/0"},
            "allTotal": {"display": "1/1", "percent": 1.0},
        }
    }


async def test_a_subsection_that_the_course_lacks_is_null(course: StoredCourse) -> None:
    assert await ada(f'subsectionGrade(usageKey: "{sequential("nowhere")}") {{ id }}') == {
        "subsectionGrade": None
    }


async def test_another_policy_makes_a_grade_stale_and_leaves_its_figures(
    course: StoredCourse,
) -> None:
    await publish_course(policy={**POLICY, "GRADE_CUTOFFS": {"Pass": 0.95}})

    answered = await ada(
        "percent letterGrade staleness gradingPolicyHash courseVersion"
        " explanation { verdictText } course { gradingPolicy { passingThreshold } }"
    )

    assert answered == {
        "percent": 0.71,
        "letterGrade": "B",
        "staleness": ["GRADING_POLICY_CHANGED"],
        "gradingPolicyHash": POLICY_HASH,
        "courseVersion": course.content.version,
        "explanation": {"verdictText": "71 % reaches B (from 70 %); it passes (from 50 %)."},
        "course": {"gradingPolicy": {"passingThreshold": 0.95}},
    }


async def test_a_grade_says_that_both_policy_and_content_have_changed(
    course: StoredCourse,
) -> None:
    await publish_course(
        policy={**POLICY, "GRADE_CUTOFFS": {"Pass": 0.95}}, sections=structure().sections[:1]
    )

    assert await ada("staleness") == {
        "staleness": ["GRADING_POLICY_CHANGED", "COURSE_CONTENT_CHANGED"]
    }


async def test_other_content_makes_a_grade_stale_and_keeps_its_breakdown(
    course: StoredCourse,
) -> None:
    warmth, engines = structure().sections
    shorter = Section(engines.usage_key, engines.display_name, engines.subsections[:1])
    await publish_course(sections=(warmth, shorter))

    answered = await ada(
        "percent staleness sectionGrades { subsectionGrades { subsection { displayName } } }"
        " course { sections { subsections { displayName } } }"
    )

    assert answered["staleness"] == ["COURSE_CONTENT_CHANGED"]
    assert answered["sectionGrades"][1] == {
        "subsectionGrades": [
            {"subsection": {"displayName": "Steam"}},
            {"subsection": {"displayName": "Exam"}},
        ]
    }
    assert answered["course"]["sections"][1] == {"subsections": [{"displayName": "Steam"}]}


@pytest.mark.parametrize(
    "learner",
    [
        {"userId": "11"},
        {"username": "ada"},
        {"externalUserKey": "SIS-11"},
        {"id": "VXNlcjoxMQ"},
    ],
)
async def test_a_learner_is_found_by_any_name(
    course: StoredCourse, learner: dict[str, str]
) -> None:
    answered = await data(GRADE, courseKey=COURSE_KEY, learner=learner)

    assert answered["courseGrade"]["learner"] == {"username": "ada"}


@pytest.mark.parametrize(
    "learner",
    [
        {"userId": "99"},
        {"userId": "0"},
        {"userId": "-11"},
        {"userId": "ada"},
        {"userId": "99999999999999999999"},
        {"userId": ""},
        {"username": "Ada"},
        {"username": ""},
        {"externalUserKey": "ada"},
        {"id": "VXNlcjo5OQ"},
    ],
)
async def test_an_unknown_learner_has_no_grade(
    course: StoredCourse, learner: dict[str, str]
) -> None:
    assert await data(GRADE, courseKey=COURSE_KEY, learner=learner) == {"courseGrade": None}


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        ("", "'' is no id of this service."),
        ("11", "'11' is no id of this service."),
        ("%%%", "'%%%' is no id of this service."),
        ("Q291cnNlOjE", "'Q291cnNlOjE' is not the id of a User."),
    ],
)
async def test_a_malformed_learner_id_is_refused(
    course: StoredCourse, learner: str, message: str
) -> None:
    error = await refusal(GRADE, courseKey=COURSE_KEY, learner={"id": learner})

    assert error == {"message": message, "path": ["courseGrade"], "code": "INVALID_INPUT"}


@pytest.mark.parametrize("name", ["nul\0", "half a pair \ud800"], ids=["nul", "half"])
@pytest.mark.parametrize("kind", ["userId", "username", "externalUserKey"])
async def test_nobody_has_a_name_that_no_database_can_hold(
    course: StoredCourse, kind: str, name: str
) -> None:
    answered = await data(GRADE, courseKey=COURSE_KEY, learner={kind: name})

    assert answered == {"courseGrade": None}


ONE_KEY = (
    "Within OneOf Input Object type 'LearnerRef', exactly one field must be specified, "
    "and the value for that field must be non-null."
)


@pytest.mark.parametrize("learner", ["{}", '{username: "ada", userId: "11"}', "{username: null}"])
async def test_a_learner_is_named_in_exactly_one_way(course: StoredCourse, learner: str) -> None:
    error = await refusal(
        f'{{ courseGrade(courseKey: "{COURSE_KEY}", learner: {learner}) {{ percent }} }}'
    )

    assert error == {"message": ONE_KEY, "path": None, "code": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    ("learner", "place"),
    [({}, ""), ({"username": "ada", "userId": "11"}, ""), ({"username": None}, " at .username")],
)
async def test_a_learner_in_a_variable_is_named_in_exactly_one_way(
    course: StoredCourse, learner: dict[str, str | None], place: str
) -> None:
    error = await refusal(GRADE, courseKey=COURSE_KEY, learner=learner)

    assert error == {
        "message": f"Variable '$learner' has invalid value{place}: {ONE_KEY}",
        "path": None,
        "code": "GRAPHQL_VALIDATION_FAILED",
    }


async def test_a_learner_may_be_named_by_a_variable_in_a_fragment_before_the_operation(
    course: StoredCourse,
) -> None:
    answered = await data(
        "fragment Grade on Query { courseGrade(courseKey: $key, learner: {username: $name})"
        " { percent } } query ($key: CourseKey!, $name: String!) { ...Grade }",
        key=COURSE_KEY,
        name="ada",
    )

    assert answered == {"courseGrade": {"percent": 0.71}}


async def test_a_learner_named_by_an_undefined_variable_is_refused(course: StoredCourse) -> None:
    error = await refusal(
        f'{{ courseGrade(courseKey: "{COURSE_KEY}", learner: {{id: $id}}) {{ percent }} }}'
    )

    assert error == {
        "message": "Variable '$id' is not defined.",
        "path": None,
        "code": "GRAPHQL_VALIDATION_FAILED",
    }


async def test_an_unknown_course_has_no_grade(course: StoredCourse) -> None:
    answered = await data(GRADE, courseKey="course-v1:Acme+Cold+2026", learner={"username": "ada"})

    assert answered == {"courseGrade": None}


async def test_nobody_in_particular_sees_no_grade(course: StoredCourse) -> None:
    answered = await data(GRADE, AS_NOBODY, courseKey=COURSE_KEY, learner={"username": "ada"})

    assert answered == {"courseGrade": None}


async def test_reading_writes_nothing(course: StoredCourse) -> None:
    before = await everything_stored()
    await data(GRADE, courseKey=COURSE_KEY, learner={"username": "bea"})

    assert await everything_stored() == before
