"""The design's queries on the demonstration course: what they show whom, in how many statements.

The numbers are statements, first in a process that has not read the course yet, then in one that
has. More than before is a defect until it is explained.
"""

from typing import Any, Final

import pytest

from demo.outline import COURSE_KEY
from resolvers.access import Viewer
from tests.operations.asking import (
    COURSE_STAFF,
    GLOBAL_STAFF,
    LEARNER,
    Demonstration,
    sequential,
)
from tests.shared_material import requires_shared

pytestmark = [pytest.mark.shared, requires_shared]

HINEMOA: Final = {"username": "hinemoa_paratareid"}
DUC: Final = {"username": "duc_trinhle"}


def types_of(grade: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        (one["assignmentType"]["name"], one["displayWeightedPercent"], one["hiddenContribution"])
        for one in grade["assignmentTypeGrades"]
    ]


def subsection_of(grade: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [
        one
        for section in grade["sectionGrades"]
        for one in section["subsectionGrades"]
        if one["subsection"]["usageKey"] == sequential(name)
    ]
    assert isinstance(found, dict)
    return found


async def test_staff_see_all_of_a_learners_progress(demonstration: Demonstration) -> None:
    variables = {"courseKey": COURSE_KEY, "learner": HINEMOA}

    page, counts = await demonstration.ask_twice("LearnerProgressPage", GLOBAL_STAFF, **variables)
    same, of_course_staff = await demonstration.ask_twice(
        "LearnerProgressPage", COURSE_STAFF, **variables
    )

    # Course, learner, grade, subsections, problems. Of a person: their roles, and their learners.
    assert (counts, of_course_staff) == ((5, 4), (7, 6))
    assert same == page
    grade = page["courseGrade"]
    assert (grade["percent"], grade["displayPercent"], grade["letterGrade"]) == (0.9, "90%", "A")
    assert (grade["passed"], grade["passedAt"]) == (True, "2026-11-22T12:00:00Z")
    assert types_of(grade) == [
        ("Homework", "30.00%", "NONE"),
        ("Lab", "25.00%", "NONE"),
        ("Midterm", "22.50%", "NONE"),
        ("Final", "12.75%", "ALL"),
    ]
    final = subsection_of(grade, "final")
    assert (final["status"], final["visibility"]) == ("OVERRIDDEN", "HIDDEN_UNTIL_DUE")
    assert final["gradedTotal"] == {"earned": 34.0, "possible": 40.0, "display": "34/40"}
    assert final["override"] == {
        "system": "GRADEBOOK",
        "reason": "Sat it early: at sea in December.",
    }


async def test_a_learner_sees_their_progress_without_what_is_hidden(
    demonstration: Demonstration,
) -> None:
    page, counts = await demonstration.ask_twice(
        "LearnerProgressPage", LEARNER, courseKey=COURSE_KEY
    )

    # Who it is, course, grade, subsections, problems.
    assert counts == (6, 5)
    grade = page["courseGrade"]
    # 0.3529 + 0.2941 + 0.2647 over the 85 % that can be seen.
    assert (grade["percent"], grade["displayPercent"], grade["letterGrade"]) == (0.91, "91%", "A")
    assert (grade["visibility"], grade["passedAt"]) == ("VISIBLE", None)
    assert types_of(grade) == [
        ("Homework", "35.29%", "NONE"),
        ("Lab", "29.41%", "NONE"),
        ("Midterm", "26.47%", "NONE"),
        ("Final", None, "ALL"),
    ]
    assert grade["assignmentTypeGrades"][3]["lastGradePublishAt"] == "2026-12-16T23:59:00Z"
    final = subsection_of(grade, "final")
    assert (final["status"], final["visibility"]) == ("NOT_ATTEMPTED", "HIDDEN_UNTIL_DUE")
    assert (final["percentGraded"], final["gradedTotal"], final["override"]) == (None, None, None)
    assert {score["earned"] for score in final["problemScores"]} <= {None}


async def test_the_dashboard_shows_ones_own_courses(demonstration: Demonstration) -> None:
    keys = [COURSE_KEY, "course-v1:CourseGrade+NOWHERE+2026"]

    mine, counts = await demonstration.ask_twice("LearnerDashboard", LEARNER, courseKeys=keys)
    staffs, _ = await demonstration.ask_twice("LearnerDashboard", COURSE_STAFF, courseKeys=keys)
    nobodys, of_nobody = await demonstration.ask_twice("LearnerDashboard", courseKeys=keys)

    # Who it is, courses, enrollments, grades.
    assert (counts, of_nobody) == ((4, 3), (3, 2))
    (card,) = mine
    assert (card["displayPercent"], card["letterGrade"]) == ("91%", "A")
    assert card["course"] == {
        "id": card["course"]["id"],
        "courseKey": COURSE_KEY,
        "displayName": "The Night Sky With the Naked Eye",
        "gradingPolicy": {"passingThreshold": 0.6},
    }
    assert [(one["displayPercent"], one["passingStatus"]) for one in staffs] == [
        ("0%", "NOT_ATTEMPTED")
    ]
    assert nobodys == []


async def test_the_gradebook_page_has_everybodys_cells(demonstration: Demonstration) -> None:
    variables = {"courseKey": COURSE_KEY}

    page, counts = await demonstration.ask_twice("GradebookPage", GLOBAL_STAFF, **variables)
    same, of_course_staff = await demonstration.ask_twice(
        "GradebookPage", COURSE_STAFF, **variables
    )

    # Course, page with count, grades, subsections, stale contents. Of a person: roles, e-mails.
    assert (counts, of_course_staff) == ((6, 5), (8, 7))
    assert same == page
    assert page["gradesFreeze"] == {"frozen": False}
    assert page["viewerPermissions"] == {"editGrades": True}
    assert [column["shortLabel"] for column in page["columns"]] == [
        *("HW 01", "Lab 01", "HW 02", "HW 03", "HW 04", "Lab 02", "HW 05", "Mid", "HW 06"),
        *("Lab 03", "HW 07", "HW 08", "Lab 04", "Final"),
    ]
    gradebook = page["gradebook"]
    assert (gradebook["totalCount"], gradebook["filteredCount"]) == (58, 58)
    assert gradebook["pageInfo"]["hasNextPage"] is True
    nodes = gradebook["nodes"]
    assert len(nodes) == 50
    assert {len(node["courseGrade"]["subsectionGrades"]) for node in nodes} == {14}
    (bram,) = [node for node in nodes if node["learner"]["username"] == "bram_verhulst"]
    assert bram["learner"] == {
        "id": bram["learner"]["id"],
        "username": "bram_verhulst",
        "fullName": "Bram Verhulst",
        "email": "bram_verhulst@example.org",
        "externalUserKey": "STAR-3774",
    }
    assert bram["enrollment"] == {"mode": "verified", "cohort": "Southern sky"}
    assert (bram["courseGrade"]["displayPercent"], bram["courseGrade"]["passed"]) == ("51%", False)


async def test_the_gradebook_is_filtered_and_ordered_at_the_same_cost(
    demonstration: Demonstration,
) -> None:
    page, counts = await demonstration.ask_twice(
        "GradebookPage",
        courseKey=COURSE_KEY,
        filter={"hasOverride": True, "excludeCourseRoles": ["staff"]},
        orderBy={"field": "COURSE_PERCENT", "direction": "DESC"},
    )

    assert counts == (6, 5)
    gradebook = page["gradebook"]
    assert (gradebook["totalCount"], gradebook["filteredCount"]) == (58, 4)
    assert [
        (node["learner"]["username"], node["courseGrade"]["percent"]) for node in gradebook["nodes"]
    ] == [
        ("hinemoa_paratareid", 0.9),
        ("duc_trinhle", 0.76),
        ("oisin_rory", 0.62),
        ("quentin_delormefaye", 0.35),
    ]


async def test_the_override_dialog_shows_the_computed_score_and_who_changed_it(
    demonstration: Demonstration,
) -> None:
    grade_id = await demonstration.subsection_grade_id("duc_trinhle", "midterm")

    dialog, counts = await demonstration.ask_twice("OverrideDialog", GLOBAL_STAFF, id=grade_id)
    same, of_course_staff = await demonstration.ask_twice(
        "OverrideDialog", COURSE_STAFF, id=grade_id
    )

    assert (counts, of_course_staff) == ((9, 8), (11, 10))
    assert same == dialog
    assert (dialog["version"], dialog["learner"]) == ("3", DUC)
    assert dialog["computedGradedTotal"]["display"] == "16/20"
    assert dialog["gradedTotal"] == {"earned": 18.0, "possible": 20.0}
    assert dialog["override"]["overriddenBy"] == {"username": "ottoline_brandvold"}
    history = dialog["overrideHistory"]
    assert history["totalCount"] == 2
    assert [
        (one["action"], one["by"]["username"], one["before"]["display"], one["after"]["display"])
        for one in history["nodes"]
    ] == [
        ("UPDATED", "ottoline_brandvold", "17/20", "18/20"),
        ("CREATED", "tevita_halapua", "16/20", "17/20"),
    ]


async def test_an_override_that_was_taken_away_is_remembered(demonstration: Demonstration) -> None:
    grade_id = await demonstration.subsection_grade_id("nadira_alimbekova", "lab_3")

    dialog, _ = await demonstration.ask("OverrideDialog", id=grade_id)

    assert dialog["override"] is None
    assert dialog["gradedTotal"] == {"earned": 4.0, "possible": 6.0}
    assert [(one["action"], one["reason"]) for one in dialog["overrideHistory"]["nodes"]] == [
        ("DELETED", "The sheet was another learner's."),
        ("CREATED", "Measured again under a clear sky."),
    ]


async def test_the_statistics_are_of_the_course_and_of_every_column(
    demonstration: Demonstration,
) -> None:
    found, counts = await demonstration.ask_twice(
        "ClassStatistics", GLOBAL_STAFF, courseKey=COURSE_KEY
    )
    verified, of_course_staff = await demonstration.ask_twice(
        "ClassStatistics",
        COURSE_STAFF,
        courseKey=COURSE_KEY,
        filter={"enrollmentMode": "verified", "cohort": "Southern sky"},
    )

    assert (counts, of_course_staff) == ((4, 3), (5, 4))
    course = found["gradeStatistics"]
    assert [course[name] for name in ("learnerCount", "attemptedCount", "passedCount")] == [
        *(58, 54, 38)
    ]
    assert (course["median"], course["minimum"], course["maximum"]) == (0.665, 0.24, 0.9)
    assert len(course["histogram"]) == 20
    assert sum(bar["count"] for bar in course["histogram"]) == 54
    assert [(one["letterGrade"], one["count"]) for one in course["letterGradeDistribution"]] == [
        *[("A", 1), ("B", 5), ("C", 16), ("D", 16), (None, 16)]
    ]
    assert len(found["subsections"]) == 14
    final = found["subsections"][-1]
    assert (final["shortLabel"], final["gradeStatistics"]["attemptedCount"]) == ("Final", 1)
    assert final["gradeStatistics"]["mean"] == 0.85
    assert verified["gradeStatistics"]["learnerCount"] == 12


async def test_a_learner_supposes_a_score(demonstration: Demonstration) -> None:
    variables = {
        "courseKey": COURSE_KEY,
        "scores": [{"usageKey": sequential("lab_4"), "earned": 8}],
    }

    mine, counts = await demonstration.ask_twice("WhatIf", LEARNER, **variables)
    staffs, of_course_staff = await demonstration.ask_twice("WhatIf", COURSE_STAFF, **variables)

    # Who it is, course, grade, parts. Staff have no grade: their enrollment is asked for.
    assert (counts, of_course_staff) == ((4, 3), (4, 3))
    assert mine["displayPercent"] == "91%"
    supposed = mine["whatIf"]
    assert (supposed["percent"], supposed["displayPercent"]) == (0.95, "95%")
    assert [one["weightedPercent"] for one in supposed["assignmentTypeGrades"]] == [
        pytest.approx(0.3 / 0.85),
        pytest.approx(0.3 / 0.85 * (1 + 1 + 0.8) / 3),
        pytest.approx(0.25 / 0.85 * 0.9),
        None,  # the final is hidden
    ]
    assert (staffs["displayPercent"], staffs["whatIf"]["displayPercent"]) == ("0%", "8%")


async def test_the_policy_editor_opens_with_the_policy(demonstration: Demonstration) -> None:
    found, counts = await demonstration.ask_twice(
        "PolicyEditor", GLOBAL_STAFF, courseKey=COURSE_KEY
    )
    same, of_course_staff = await demonstration.ask_twice(
        "PolicyEditor", COURSE_STAFF, courseKey=COURSE_KEY
    )

    assert (counts, of_course_staff) == ((2, 1), (3, 2))
    assert same == found
    policy = found["gradingPolicy"]
    assert (policy["weightSum"], policy["passingThreshold"], policy["warnings"]) == (1.0, 0.6, [])
    assert [
        (kind["name"], kind["weight"], kind["dropCount"], len(kind["subsections"]))
        for kind in policy["assignmentTypes"]
    ] == [
        ("Homework", 0.3, 2, 8),
        ("Lab", 0.3, 1, 4),
        ("Midterm", 0.25, 0, 1),
        ("Final", 0.15, 0, 1),
    ]


async def test_the_audit_names_who_changed_a_grade(demonstration: Demonstration) -> None:
    variables = {"courseKey": COURSE_KEY, "learner": DUC}

    found, counts = await demonstration.ask_twice("GradeAudit", GLOBAL_STAFF, **variables)
    same, of_course_staff = await demonstration.ask_twice("GradeAudit", COURSE_STAFF, **variables)

    assert (counts, of_course_staff) == ((8, 6), (9, 8))
    assert same == found
    assert found["staleness"] == []
    nodes = found["history"]["nodes"]
    assert [
        (node["__typename"], (node["actor"] or {}).get("username"), node["cause"])
        for node in nodes[:6]
    ] == [
        ("CourseGradeChanged", "ottoline_brandvold", "OVERRIDE_SET"),
        ("SubsectionGradeChanged", "ottoline_brandvold", "OVERRIDE_SET"),
        ("CourseGradeChanged", "tevita_halapua", "OVERRIDE_SET"),
        ("SubsectionGradeChanged", "tevita_halapua", "OVERRIDE_SET"),
        ("PassingStatusChanged", None, "BULK_IMPORT"),
        ("CourseGradeChanged", None, "BULK_IMPORT"),
    ]
    assert nodes[0]["before"] == {"percent": 0.75, "letterGrade": "C", "passed": True}
    assert nodes[1]["subsectionGrade"] == {"subsection": {"displayName": "Midterm exam"}}
    assert found["history"]["pageInfo"]["hasNextPage"] is False


async def test_a_consumer_catches_up_with_every_transition(demonstration: Demonstration) -> None:
    found, counts = await demonstration.ask_twice("PassingStatusCatchUp", GLOBAL_STAFF)
    same, of_course_staff = await demonstration.ask_twice("PassingStatusCatchUp", COURSE_STAFF)

    assert (counts, of_course_staff) == ((6, 5), (8, 7))
    assert same == found
    nodes = found["nodes"]
    # Everybody's first grade, and those whom a correction has made pass.
    assert len(nodes) == 57
    assert nodes[-1]["learner"]["username"] == "oisin_rory"
    assert (nodes[-1]["from"], nodes[-1]["to"]) == ("FAILING", "PASSING")
    assert nodes[-1]["firstTimePassed"] is True
    assert nodes[-1]["courseGrade"]["percent"] == 0.62
    assert found["pageInfo"] == {"hasNextPage": False, "endCursor": nodes[-1]["cursor"]}


async def test_a_learner_gets_nothing_of_the_class(demonstration: Demonstration) -> None:
    for name in ("GradebookPage", "ClassStatistics"):
        assert await demonstration.refusal(name, LEARNER, courseKey=COURSE_KEY) == ["FORBIDDEN"]


@pytest.mark.parametrize("viewer", [GLOBAL_STAFF, COURSE_STAFF], ids=["global", "course"])
async def test_a_larger_class_costs_no_statement_more(
    demonstration: Demonstration, viewer: Viewer
) -> None:
    pages: dict[str, dict[str, Any]] = {
        "GradebookPage": {"courseKey": COURSE_KEY},
        "LearnerProgressPage": {"courseKey": COURSE_KEY, "learner": HINEMOA},
        "ClassStatistics": {"courseKey": COURSE_KEY},
        "PassingStatusCatchUp": {},
        "GradeAudit": {"courseKey": COURSE_KEY, "learner": HINEMOA},
    }

    async def counted() -> dict[str, int]:
        for name, variables in pages.items():
            await demonstration.ask(name, viewer, **variables)
        return {
            name: (await demonstration.ask(name, viewer, **variables))[1]
            for name, variables in pages.items()
        }

    before = await counted()
    await demonstration.enroll_more(200)

    assert await counted() == before
    page, _ = await demonstration.ask("GradebookPage", viewer, courseKey=COURSE_KEY, first=10)
    assert page["gradebook"]["totalCount"] == 258
    assert before["GradebookPage"] <= 8
    assert before["LearnerProgressPage"] <= 6 + (viewer is COURSE_STAFF)
