"""Grades that were written once are answered as they are stored, whatever was written since."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLObjectType

from db.courses import StoredCourse
from db.sql import fetch
from grading import ShowCorrectness
from resolvers.access import Viewer
from schema import schema
from schema.settled_grades import SETTLED
from tests.compiled.executors import COMPILED, executing_on
from tests.schema.execution import AS_STAFF, Asking, data
from tests.schema.heat import (
    ADA,
    COURSE_KEY,
    POLICY,
    heat_course,
    problem,
    publish_course,
    record,
    sequential,
    structure,
)
from tests.schema.overriding import SET, target
from tests.schema.writes import WRITES

_PARTS: Final = """
  subsectionGrades {
    id percentGraded displayPercent(decimals: 2) attempted firstAttemptedAt dropped status version
    courseVersion lastUpdated gradedTotal { earned possible percent display } allTotal { earned }
    computedGradedTotal { earned } computedAllTotal { possible }
    subsection {
      id usageKey displayName shortLabel graded due section { id usageKey displayName }
      assignmentType { name shortLabel weight minCount dropCount subsections { usageKey } }
    }
    override { id earnedGraded possibleGraded system reason createdAt updatedAt }
  }
  sectionGrades { section { displayName } score { earned } subsectionGrades { percentGraded } }
  assignmentTypeGrades {
    assignmentType { name } percent weightedPercent displayWeightedPercent count placeholderCount
    dropped { id }
  }
"""
_GRADE: Final = f"""
  id percent unroundedPercent displayPercent letterGrade currentPercent passed passingStatus
  passedAt attempted persisted lastUpdated version algorithm gradingPolicyHash courseVersion
  staleness {_PARTS}
"""
PAGE: Final = f"""query Page($course: CourseKey!) {{
  course(courseKey: $course) {{
    gradebook(first: 10) {{ nodes {{ learner {{ username }} courseGrade {{ {_GRADE} }} }} }}
  }}
}}"""
ONE: Final = f"""query One($course: CourseKey!, $key: UsageKey!) {{
  courseGrade(courseKey: $course, learner: {{ username: "ada" }}) {{
    percent version {_PARTS}
    subsectionGrade(usageKey: $key) {{ percentGraded override {{ reason }} }}
  }}
}}"""
# Nothing has changed that they could find, or take back.
_WITHOUT_EFFECT: Final = {"updateGrade", "updateGrades", "removeSubsectionGradeOverride"}
LEARNER: Final = Asking(Viewer("ada", learner_id=ADA.id, enrolled_in=frozenset({COURSE_KEY})))


@pytest.fixture(autouse=True)
async def course(database: str) -> AsyncIterator[StoredCourse]:
    """The course, and room to keep its grades."""
    schema.keep_values(1_000_000)
    yield await heat_course()
    schema.keep_values(0)


async def answer(
    document: str, asking: Asking = AS_STAFF, *, written_at_once: bool = True
) -> bytes:
    variables = {"course": COURSE_KEY, "key": sequential("exam")}
    given = {name: value for name, value in variables.items() if f"${name}:" in document}
    executor = COMPILED if written_at_once else schema.execution_context_class
    with executing_on(executor):
        result = await schema.execute(
            document, given, asking.context(), written_at_once=written_at_once
        )
    assert result.errors is None
    return orjson.dumps(result.data)


async def require_present(*documents: str, asking: Asking = AS_STAFF) -> list[bytes]:
    """Ask twice each, and require what is answered where nothing is kept."""
    stored = [await answer(one, asking, written_at_once=False) for one in documents]
    for document, expected in zip(documents, stored, strict=True):
        assert await answer(document, asking) == expected
        assert await answer(document, asking) == expected
    return stored


@pytest.mark.parametrize("name", WRITES)
async def test_after_any_write_the_new_grades_are_answered(name: str) -> None:
    before = await require_present(PAGE, ONE)

    await WRITES[name].send()

    after = await require_present(PAGE, ONE)
    assert (after == before) == (name in _WITHOUT_EFFECT)


async def test_a_new_reason_of_an_override_is_answered() -> None:
    given = {"courseKey": COURSE_KEY, **target("exam"), "values": {"earnedGraded": 5}}
    await data(SET, input={**given, "reason": "First."})
    before = await require_present(PAGE, ONE)

    await data(SET, input={**given, "reason": "Second."})

    (page, one) = await require_present(PAGE, ONE)
    assert b"First." in before[0]
    assert b"First." not in page + one
    assert page.count(b"Second.") == one.count(b"Second.") / 2 == 1


async def test_another_version_of_the_course_is_answered() -> None:
    before = await require_present(PAGE, ONE)
    policy = json.loads(json.dumps(POLICY))
    policy["GRADER"][0]["weight"], policy["GRADER"][1]["weight"] = 0.2, 0.5

    later = await publish_course(policy=policy)
    stale = await require_present(PAGE, ONE)
    await record(later, [ADA], {"p6": (9, 10)})
    regraded = await require_present(PAGE, ONE)
    await publish_course()
    back = await require_present(PAGE, ONE)

    assert len({before[0], stale[0], regraded[0], back[0]}) == 4
    assert b"GRADING_POLICY_CHANGED" in stale[0]


async def test_a_new_title_is_answered() -> None:
    await require_present(PAGE, ONE)
    (first, *others) = structure().sections
    (hw1, *more) = first.subsections
    renamed = hw1.__class__(**{**vars_of(hw1), "display_name": "Warmth itself"})
    changed = first.__class__(**{**vars_of(first), "subsections": (renamed, *more)})

    await publish_course(sections=(changed, *others))

    (page, _) = await require_present(PAGE, ONE)
    await record(await publish_course(sections=(changed, *others)), [ADA], {"p6": (9, 10)})
    (page, one) = await require_present(PAGE, ONE)
    assert b"Warmth itself" in page
    assert b"Warmth itself" in one


def vars_of(value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


async def test_what_is_kept_for_staff_is_not_for_learners(course: StoredCourse) -> None:
    kept = await answer(ONE)
    hidden = structure().sections
    later = await publish_course(sections=with_hidden_exam(hidden))
    await record(later, [ADA], {"p6": (9, 10)})

    (theirs,) = await require_present(ONE, asking=LEARNER)
    (staffs,) = await require_present(ONE)
    await require_present(ONE, asking=LEARNER)

    assert len({kept, theirs, staffs}) == 3
    assert orjson.loads(theirs)["courseGrade"]["subsectionGrade"] == {
        "percentGraded": None,
        "override": None,
    }


def with_hidden_exam(sections: tuple[Any, ...]) -> tuple[Any, ...]:
    *first, last = sections
    *others, exam = last.subsections
    hidden = exam.__class__(**{**vars_of(exam), "show_correctness": ShowCorrectness.NEVER})
    return (*first, last.__class__(**{**vars_of(last), "subsections": (*others, hidden)}))


async def test_a_page_that_was_written_is_read_by_two_statements(statements: list[str]) -> None:
    await answer(PAGE)
    statements.clear()

    await answer(PAGE)

    assert [
        table
        for one in statements
        for table in ("course_grade", "subsection_grade")
        if f"from {table}" in one
    ] == []
    assert len(statements) == 2


async def test_the_parts_of_a_grade_are_not_read_again(statements: list[str]) -> None:
    await answer(ONE)
    statements.clear()

    await answer(ONE)

    assert [one for one in statements if "from subsection_grade" in one] == []
    assert len(statements) == 1


async def test_a_refused_write_makes_no_new_revision() -> None:
    async def revisions() -> list[tuple[object, ...]]:
        return [tuple(row) for row in await fetch("select learner_id, revision from enrollment")]

    before = await revisions()

    await WRITES["overrideSubsectionGrade"].send(ifVersion="77")
    await WRITES["bulkOverrideSubsectionGrades"].send(dryRun=True)

    assert await revisions() == before


def test_what_is_settled_is_in_the_schema() -> None:
    for type_name, fields in SETTLED.items():
        kind = schema._schema.type_map[type_name]
        assert isinstance(kind, GraphQLObjectType)
        assert fields <= kind.fields.keys()


@pytest.mark.parametrize(
    ("type_name", "left_out"),
    [
        (
            "CourseGrade",
            {"course", "learner", "enrollment", "visibility", "history", "explanation", "whatIf"},
        ),
        ("SubsectionGrade", {"learner", "visibility", "overrideHistory", "problemScores"}),
        ("AssignmentTypeGrade", {"hiddenContribution", "lastGradePublishAt"}),
        ("SubsectionGradeOverride", {"overriddenBy"}),
        ("Subsection", {"gradeStatistics"}),
        ("SectionGrade", set()),
        ("Section", set()),
        ("Score", set()),
        ("AssignmentType", set()),
    ],
)
def test_whoever_adds_a_field_says_whether_it_is_settled(
    type_name: str, left_out: set[str]
) -> None:
    kind = schema._schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    assert kind.fields.keys() - SETTLED[type_name] == left_out


async def test_problems_are_read_every_time() -> None:
    document = ONE.replace(
        "percent version", "percent subsectionGrades { problemScores { earned } }"
    )
    await require_present(document)
    await data(
        WRITES["recordScores"].document,
        input={
            "courseKey": COURSE_KEY,
            "scores": [
                {
                    "learner": {"username": "ada"},
                    "usageKey": problem("quiz"),
                    "scoreGiven": 1,
                    "scoreMaximum": 1,
                    "timestamp": "2026-02-02T00:00:00Z",
                }
            ],
        },
    )
    await require_present(document)
