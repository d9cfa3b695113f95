"""The operations that clients really send: they are valid, they run, and how much they read.

The numbers are statements; PostgreSQL's changes take one more, for the locks. More than before is
a defect until it is explained.
"""

from pathlib import Path
from typing import Any, Final

import pytest
from graphql import build_schema, parse, validate

from compiled import CompiledExecutor
from db import courses
from db.courses import StoredCourse
from db.learners import Learner
from grading import CourseKey, LearnerId
from schema import schema
from tests.schema.execution import response
from tests.schema.following import live
from tests.schema.heat import ADA, COURSE_KEY, enroll, problem, publish_course, record, sequential

OPERATIONS: Final = Path(__file__).parent / "operations"
SDL: Final = Path(__file__).parents[2] / "schema" / "schema.graphql"
PROGRESS, DASHBOARD, GRADEBOOK = (
    "01_learner_progress_page",
    "02_learner_dashboard",
    "03_gradebook_page",
)
STATISTICS: Final = "06_class_statistics"
DASHBOARD_LIVE, CONSUMER = "07_live_dashboard", "08_passing_status_consumer"
CHANGES, POLICY_EDITOR, AUDIT = "09_update_grade", "11_policy_editor", "12_audit"

OVERRIDE_DIALOG, BULK_OVERRIDE = "04_override_dialog", "05_bulk_override"
WHAT_IF: Final = "10_what_if"

AS_ADA: Final = {"username": "ada"}
CLASSES: Final = [1, 2, 50]


def operation(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text(encoding="utf-8")


async def run(
    statements: list[str], name: str, variables: dict[str, Any], operation_name: str | None = None
) -> tuple[dict[str, Any], int]:
    """Return the data of an operation, and how many statements it took."""
    statements.clear()
    answered = await response(operation(name), variables, operation_name=operation_name)
    assert "errors" not in answered, answered["errors"]
    data: dict[str, Any] = answered["data"]
    return data, len(statements)


def forget_contents() -> None:
    """Forget the course versions that this process has read, as after a start."""
    courses._contents.clear()


def class_of(size: int) -> list[Learner]:
    return [Learner(LearnerId(number), f"learner{number:03}") for number in range(100, 100 + size)]


async def course_of(size: int) -> StoredCourse:
    """Publish the course with a class in which everybody has scores."""
    course = await publish_course()
    await enroll(course, *class_of(size))
    await record(course, class_of(size))
    return course


@pytest.mark.parametrize("name", sorted(path.stem for path in OPERATIONS.glob("*.graphql")))
def test_an_operation_is_valid_against_the_committed_schema(name: str) -> None:
    schema = build_schema(SDL.read_text(encoding="utf-8"))

    assert validate(schema, parse(operation(name))) == []


def test_there_are_operations_to_try() -> None:
    names = {path.stem for path in OPERATIONS.glob("*.graphql")}

    assert names == {
        *(
            PROGRESS,
            DASHBOARD,
            GRADEBOOK,
            STATISTICS,
            DASHBOARD_LIVE,
            CONSUMER,
            CHANGES,
            WHAT_IF,
            POLICY_EDITOR,
            AUDIT,
        ),
        *(OVERRIDE_DIALOG, BULK_OVERRIDE),
    }


async def test_the_progress_page_takes_four_statements(
    course: StoredCourse, statements: list[str]
) -> None:
    variables = {"courseKey": COURSE_KEY, "learner": AS_ADA}
    forget_contents()

    answered, cold = await run(statements, PROGRESS, variables)
    again, warm = await run(statements, PROGRESS, variables)

    assert (cold, warm) == (5, 4)
    assert again == answered
    grade = answered["course"]["courseGrade"]
    assert (grade["displayPercent"], grade["letterGrade"]) == ("71%", "B")
    assert [one["displayWeightedPercent"] for one in grade["assignmentTypeGrades"]] == [
        "37.50%",
        "9.00%",
        "24.00%",
    ]
    warmth, engines = grade["sectionGrades"]
    assert [one["gradedTotal"]["display"] for one in warmth["subsectionGrades"]] == [
        "5/6",
        "4/6",
        "0/5",
        "0/0",
    ]
    assert engines["subsectionGrades"][1]["problemScores"] == [
        {"usageKey": problem("p6"), "earned": 8.0, "possible": 10.0}
    ]


@pytest.mark.parametrize("number", [1, 2, 50])
async def test_the_dashboard_takes_one_statement_for_any_number_of_courses(
    database: str, number: int, statements: list[str]
) -> None:
    keys = [CourseKey(f"course-v1:Acme+Heat+{run}") for run in range(number)]
    for key in keys:
        course = await publish_course(key)
        await enroll(course, ADA)
        await record(course, [ADA])
    variables = {"courseKeys": keys, "learner": AS_ADA}
    forget_contents()

    answered, cold = await run(statements, DASHBOARD, variables)
    again, warm = await run(statements, DASHBOARD, variables)

    assert (cold, warm) == (2, 1)
    assert again == answered
    assert [
        (one["course"]["courseKey"], one["displayPercent"], one["passingStatus"])
        for one in answered["courseGrades"]
    ] == [(key, "71%", "PASSING") for key in keys]


@pytest.mark.parametrize("size", CLASSES)
async def test_a_gradebook_page_takes_five_statements_for_any_class(
    database: str, size: int, statements: list[str]
) -> None:
    await course_of(size)
    forget_contents()

    answered, cold = await run(statements, GRADEBOOK, {"courseKey": COURSE_KEY})
    again, warm = await run(statements, GRADEBOOK, {"courseKey": COURSE_KEY})

    assert (cold, warm) == (6, 5)
    assert again == answered
    gradebook = answered["course"]["gradebook"]
    assert gradebook["totalCount"] == size
    assert [node["learner"]["username"] for node in gradebook["nodes"]] == [
        one.username for one in class_of(size)
    ]
    assert {
        (
            node["courseGrade"]["displayPercent"],
            *(one["gradedTotal"]["earned"] for one in node["courseGrade"]["subsectionGrades"]),
        )
        for node in gradebook["nodes"]
    } == {("71%", 5.0, 4.0, 0.0, 9.0, 8.0)}


async def test_a_gradebook_page_in_the_middle_takes_as_many(
    database: str, statements: list[str]
) -> None:
    await course_of(50)
    first, _ = await run(statements, GRADEBOOK, {"courseKey": COURSE_KEY, "first": 20})
    end = first["course"]["gradebook"]["pageInfo"]["endCursor"]

    second, count = await run(
        statements, GRADEBOOK, {"courseKey": COURSE_KEY, "first": 20, "after": end}
    )

    nodes = second["course"]["gradebook"]["nodes"]
    assert count == 5
    assert [node["learner"]["username"] for node in nodes] == [
        one.username for one in class_of(50)[20:40]
    ]


async def test_stale_grades_of_two_versions_take_two_statements_more(
    database: str, statements: list[str]
) -> None:
    course = await course_of(50)
    await publish_course(sections=course.content.structure.sections[:1])
    await record(course, class_of(25), {"p4": (5, 5)})

    answered, count = await run(statements, GRADEBOOK, {"courseKey": COURSE_KEY})

    # The past version's number, and the subsections of the grades that it made: by themselves,
    # where not the whole page is completed at once.
    assert count == (6 if schema.execution_context_class is CompiledExecutor else 7)
    counts = [
        len(node["courseGrade"]["subsectionGrades"])
        for node in answered["course"]["gradebook"]["nodes"]
    ]
    assert counts == [3] * 25 + [5] * 25


async def test_the_policy_editor_takes_one_statement(
    course: StoredCourse, statements: list[str]
) -> None:
    answered, count = await run(statements, POLICY_EDITOR, {"courseKey": COURSE_KEY})

    assert count == 1
    kinds = answered["course"]["gradingPolicy"]["assignmentTypes"]
    assert [len(kind["subsections"]) for kind in kinds] == [3, 1, 1]


@pytest.mark.parametrize("size", CLASSES)
async def test_a_class_is_regraded_by_as_many_statements_for_any_size(
    database: str, engine: str, size: int, statements: list[str]
) -> None:
    course = await course_of(size)
    await record(course, class_of(size), {"p4": (5, 5)})
    await publish_course(sections=course.content.structure.sections[:1])

    answered, count = await run(statements, CHANGES, {"courseKey": COURSE_KEY}, "RegradeCourse")

    assert count == (10 if engine == "postgres" else 9)
    results = answered["updateGrades"]["results"]
    # Homework 1 and 0.8333, and nothing else any more: 0.91665 x 0.5 = 0.458325.
    assert [one["courseGrade"]["percent"] for one in results] == [0.46] * size


@pytest.mark.parametrize("size", CLASSES)
async def test_a_hundred_scores_take_as_many_statements_as_two(
    database: str, engine: str, size: int, statements: list[str]
) -> None:
    await course_of(size)
    scores = [
        {
            "learner": {"username": one.username},
            "usageKey": problem(name),
            "scoreGiven": given,
            "scoreMaximum": given,
            "timestamp": "2026-02-02T00:00:00Z",
        }
        for one in class_of(size)
        for name, given in (("p4", 5), ("p6", 10))
    ]

    answered, count = await run(
        statements, CHANGES, {"input": {"courseKey": COURSE_KEY, "scores": scores}}, "RecordScores"
    )

    # One learner's are written without the trip that takes locks.
    assert count == (5 if engine == "postgres" and size > 1 else 4)
    results = answered["recordScores"]["results"]
    # Homework 1 and 0.8333, lab 0.45, exam 1: 0.458325 + 0.09 + 0.3 = 0.848325.
    assert [(one["applied"], one["courseGrade"]["percent"]) for one in results] == [
        (True, 0.85)
    ] * (2 * size)
    assert {one["subsectionGrade"]["gradedTotal"]["earned"] for one in results} == {5.0, 10.0}


async def test_one_update_takes_few_statements(
    course: StoredCourse, engine: str, statements: list[str]
) -> None:
    variables = {"courseKey": COURSE_KEY, "learner": AS_ADA}

    # The first time in a process it is asked which life of the event log this is.
    answered, cold = await run(statements, CHANGES, {"input": variables}, "UpdateGrade")
    again, warm = await run(statements, CHANGES, {"input": variables}, "UpdateGrade")

    assert (cold, warm) == ((9, 8) if engine == "postgres" else (8, 7))
    assert again == answered
    assert answered["updateGrade"]["courseGrade"]["percent"] == 0.71
    assert answered["updateGrade"]["events"] == []


async def test_an_update_that_changes_the_grade_tells_its_events(
    course: StoredCourse, statements: list[str]
) -> None:
    await publish_course(sections=course.content.structure.sections[:1])
    variables = {"courseKey": COURSE_KEY, "learner": AS_ADA}

    answered, _ = await run(statements, CHANGES, {"input": variables}, "UpdateGrade")

    # Two homeworks of three: 0.75 x 0.5 = 0.375.
    assert answered["updateGrade"]["courseGrade"]["percent"] == 0.38
    assert [one["__typename"] for one in answered["updateGrade"]["events"]] == [
        "CourseGradeChanged",
        "PassingStatusChanged",
    ]


@pytest.mark.parametrize("size", CLASSES)
async def test_a_consumer_catches_up_by_as_many_statements_for_any_class(
    database: str, size: int, statements: list[str]
) -> None:
    await course_of(size)

    answered, count = await run(statements, CONSUMER, {}, "PassingStatusCatchUp")
    end = answered["gradeEvents"]["pageInfo"]["endCursor"]
    nothing, _ = await run(statements, CONSUMER, {"after": end}, "PassingStatusCatchUp")

    # The log's state, events, course, learners, grades.
    assert count == 5
    assert [
        (
            node["learner"]["username"],
            *(node[name] for name in ("from", "to", "firstTimePassed")),
            *(node["courseGrade"][name] for name in ("percent", "letterGrade", "version")),
        )
        for node in answered["gradeEvents"]["nodes"]
    ] == [
        (one.username, "NOT_ATTEMPTED", "PASSING", True, 0.71, "B", "1") for one in class_of(size)
    ]
    assert nothing["gradeEvents"] == {
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "endCursor": end},
    }


async def test_the_audit_tells_what_happened_newest_first(
    course: StoredCourse, statements: list[str]
) -> None:
    await record(course, [ADA], {"p6": (0, 10)})
    variables = {"courseKey": COURSE_KEY, "learner": AS_ADA}

    answered, cold = await run(statements, AUDIT, variables)
    again, warm = await run(statements, AUDIT, variables)

    grade = answered["courseGrade"]
    nodes = grade["history"]["nodes"]
    # Course, learner, grade, events, end of the log, their courses, actor, subsections.
    assert (cold, warm) == (7, 6)
    assert again == answered
    assert grade["staleness"] == []
    assert [node["__typename"] for node in nodes] == [
        *["PassingStatusChanged", "CourseGradeChanged", "SubsectionGradeChanged"],
        *["PassingStatusChanged", "CourseGradeChanged"],
        *["SubsectionGradeChanged"] * 4,
    ]
    assert (nodes[0]["from"], nodes[0]["to"]) == ("PASSING", "FAILING")
    assert nodes[1]["before"] == {"percent": 0.71, "letterGrade": "B", "passed": True}
    assert nodes[1]["after"] == {"percent": 0.47, "letterGrade": None, "passed": False}
    assert nodes[2]["after"] == {"display": "0/10"}
    assert nodes[2]["subsectionGrade"] == {"subsection": {"displayName": "Exam"}}


async def test_the_live_dashboard_gets_cells_with_the_gradebooks_ids(
    course: StoredCourse, statements: list[str]
) -> None:
    grades, _ = await run(statements, PROGRESS, {"courseKey": COURSE_KEY, "learner": AS_ADA})
    async with (
        live() as events,
        events.following(
            operation(DASHBOARD_LIVE), operation_name="LiveGradebook", courseKey=COURSE_KEY
        ) as cells,
        events.following(
            operation(DASHBOARD_LIVE), operation_name="MyGrade", courseKey=COURSE_KEY
        ) as mine,
    ):
        await events.record("ada", "p6", 10, 10)
        subsection, grade = await cells.several(2)
        told = await mine.next()

    assert grade["courseGrade"] == {
        "id": grades["course"]["courseGrade"]["id"],
        "percent": 0.77,
        "displayPercent": "77%",
        "letterGrade": "B",
        "passed": True,
        "version": "2",
    }
    assert subsection["subsectionGrade"]["gradedTotal"] == {"earned": 10.0, "possible": 10.0}
    assert told["cursor"] == grade["cursor"]
    assert told["courseGrade"]["id"] == grade["courseGrade"]["id"]


async def test_the_consumer_gets_one_event_for_each_transition(course: StoredCourse) -> None:
    async with (
        live() as events,
        events.following(operation(CONSUMER), operation_name="PassingStatus") as following,
    ):
        await events.record("ada", "p4", 5, 5)
        await events.record("ada", "p6", 0, 10)
        await events.record("ada", "p5", 0, 10)
        event = await following.next()

    assert (event["from"], event["to"], event["firstTimePassed"]) == ("PASSING", "FAILING", False)
    assert event["course"] == {"courseKey": COURSE_KEY, "end": "2026-07-01T00:00:00Z"}
    assert event["learner"] == {
        "userId": "11",
        "username": "ada",
        "externalUserKey": "SIS-11",
    }


async def test_two_courses_in_one_document_share_their_statements(
    course: StoredCourse, statements: list[str]
) -> None:
    other = await publish_course(CourseKey("course-v1:Acme+Cold+2026"))
    await enroll(other, ADA)
    key = (
        f'learner: {{username: "ada"}}) {{ percent subsectionGrade(usageKey: "{sequential("hw1")}"'
    )
    document = f"""
    {{
      a: courseGrade(courseKey: "{COURSE_KEY}", {key}) {{ percentGraded }} }}
      b: courseGrade(courseKey: "{other.key}", {key}) {{ percentGraded }} }}
    }}
    """
    statements.clear()
    answered = await response(document)

    assert answered == {
        "data": {
            "a": {"percent": 0.71, "subsectionGrade": {"percentGraded": 0.8333}},
            "b": {"percent": 0.0, "subsectionGrade": None},
        }
    }
    assert len(statements) == 2


async def test_the_override_dialog_opens_saves_and_undoes(
    course: StoredCourse, engine: str, statements: list[str]
) -> None:
    locks = 1 if engine == "postgres" else 0
    place = {"courseKey": COURSE_KEY, "learner": AS_ADA, "usageKey": sequential("exam")}
    changed = {**place, "values": {"earnedGraded": 10}, "reason": "Bonus."}

    saved, save_count = await run(statements, OVERRIDE_DIALOG, {"input": changed}, "SaveOverride")
    grade = saved["overrideSubsectionGrade"]["subsectionGrade"]
    opened, open_count = await run(
        statements, OVERRIDE_DIALOG, {"id": grade["id"]}, "OverrideDialog"
    )
    undone, undo_count = await run(statements, OVERRIDE_DIALOG, {"input": place}, "UndoOverride")

    # Who and where: 3. The present course, grades, parts, scores: 4. Changes, history, events: 5.
    # To tell of the events: which life of the log, events, its end, their course.
    assert (save_count, undo_count) == (15 + locks, 11 + locks)
    # Course, learner, grade, parts, history, their number, who did it.
    assert open_count == 7
    assert grade["gradedTotal"] == {"earned": 10.0, "possible": 10.0}
    dialog = opened["node"]
    assert dialog["version"] == grade["version"] == "2"
    assert dialog["computedGradedTotal"] == {"earned": 8.0, "possible": 10.0, "display": "8/10"}
    assert dialog["override"]["id"] == grade["override"]["id"]
    assert dialog["overrideHistory"]["totalCount"] == 1
    payload = undone["removeSubsectionGradeOverride"]
    assert (payload["subsectionGrade"]["status"], payload["userErrors"]) == ("ATTEMPTED", [])
    assert payload["courseGrade"]["displayPercent"] == "71%"


@pytest.mark.parametrize("size", CLASSES)
async def test_a_class_is_overridden_by_as_many_statements_for_any_size(
    database: str, engine: str, size: int, statements: list[str]
) -> None:
    await course_of(size)
    items = [
        {
            "learner": {"username": one.username},
            "usageKey": sequential("exam"),
            "values": {"earnedGraded": 10},
        }
        for one in class_of(size)
    ]

    answered, count = await run(
        statements, BULK_OVERRIDE, {"input": {"courseKey": COURSE_KEY, "items": items}}
    )

    assert count == (12 if engine == "postgres" else 11)
    payload = answered["bulkOverrideSubsectionGrades"]
    assert (payload["succeededCount"], payload["failedCount"]) == (size, 0)
    assert {one["courseGrade"]["percent"] for one in payload["results"]} == {0.77}
