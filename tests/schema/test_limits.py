"""Who asks for too much is refused before anything of it is run, whatever way it came."""

from contextvars import copy_context
from typing import Any, Final

import pytest
from graphql import GraphQLError, get_introspection_query
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from db.courses import StoredCourse
from resolvers.access import Viewer
from schema import schema
from schema.limits import Charge, Limits, enforce, enforcement
from tests.schema.execution import AS_NOBODY, AS_STAFF, Asking, everything_stored
from tests.schema.heat import COURSE_KEY
from tests.schema.test_limits_measure import bomb
from tests.schema.test_operations import GRADEBOOK, PROGRESS, operation

LEARNER: Final = Asking(viewer=Viewer("ada", global_staff=False))
COSTLY: Final = f"""
query Costly($first: Int = 100) {{
  course(courseKey: "{COURSE_KEY}") {{
    gradebook(first: $first) {{
      nodes {{ courseGrade {{ subsectionGrades {{ ...Neighbours }} }} }}
    }}
  }}
}}
fragment Neighbours on SubsectionGrade {{ subsection {{ section {{ subsections {{ id }} }} }} }}
"""
WHOSE: Final = f"""
query Q($a: LearnerRef!) {{ courseGrade(courseKey: "{COURSE_KEY}", learner: $a) {{ id }} }}
"""
FOLLOW: Final = f"""
subscription Q($t: [GradeEventType!]) {{
  gradeEvents(courseKey: "{COURSE_KEY}", types: $t) {{ id }}
}}
"""


async def executed(
    text: str, asking: Asking = AS_STAFF, variables: dict[str, Any] | None = None
) -> ExecutionResult:
    return await schema.execute(text, variables, asking.context())


async def streamed(
    text: str, asking: Asking = AS_STAFF, variables: dict[str, Any] | None = None
) -> ExecutionResult:
    """Return the first result of a stream, as sockets and SSE get it."""
    results = await schema.stream(text, variables, asking.context())
    result = await anext(results)
    await results.aclose()
    return result


WAYS: Final = [executed, streamed]


async def refused_with(result: ExecutionResult) -> list[tuple[str, str]]:
    """Return codes and messages of what was not run at all."""
    assert isinstance(result, PreExecutionError)
    assert result.data is None
    assert result.extensions is None
    return [(str((error.extensions or {})["code"]), error.message) for error in result.errors or []]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("text", "code", "numbers"),
    [
        (" " * 20_001, "TOO_LONG", "20,001, allowed are 20,000."),
        ("{ " + "a " * 2_000 + "}", "TOO_MANY_TOKENS", "more than 2,000, allowed are 2,000."),
        ("#\n" * 201 + "{ a }", "TOO_MANY_COMMENTS", "more than 200, allowed are 200."),
        ("{ a " * 300 + "}" * 300, "TOO_DEEP", "more than 12, allowed are 12."),
        ("{ a(b: " + "[" * 300 + "]" * 300 + ") }", "TOO_DEEP", "more than 12, allowed are 12."),
        ("{ a " * 13 + "}" * 13, "TOO_DEEP", "13, allowed are 12."),
        ("subscription { a " + "{ a " * 12 + "}" * 13, "TOO_DEEP", "13, allowed are 12."),
        (bomb(49, "a"), "TOO_MANY_FIELDS", "1,000,000, allowed are 1,000."),
        (bomb(49, ""), "TOO_MANY_FIELDS", "1,000,000, allowed are 1,000."),
        (
            "{ x { " + " ".join(f"a{n}: a" for n in range(101)) + " } }",
            "TOO_MANY_ALIASES",
            "101, allowed are 30.",
        ),
        ("{ __typename " + "@x" * 10 + " }", "TOO_MANY_DIRECTIVES", "10, allowed are 4."),
        ("{ x { " + "y { z } " * 400 + "} }", "TOO_MANY_REPEATS", "400, allowed are 60."),
        (COSTLY, "TOO_COSTLY", "14,302, allowed are 5,000."),
    ],
)
async def test_too_much_is_refused(way: Any, text: str, code: str, numbers: str) -> None:  # noqa: ANN401
    first = await refused_with(await way(text))

    assert (code, numbers) in [(found, message.split(": ")[-1]) for found, message in first]
    assert "GRAPHQL_VALIDATION_FAILED" not in dict(first)
    assert await refused_with(await way(text)) == first


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"ids": ["x"] * 1_001}, "TOO_MANY_ITEMS"),
        ({"ids": ["x"], "unused": {"deep": [["x"] * 1_001]}}, "TOO_MANY_ITEMS"),
    ],
)
async def test_long_lists_in_variables_are_refused(
    way: Any,  # noqa: ANN401
    variables: dict[str, Any],
    code: str,
) -> None:
    text = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    ((found, message),) = await refused_with(await way(text, AS_STAFF, variables))

    assert found == code
    assert message == "A list in the variables has too many items: 1,001, allowed are 1,000."


@pytest.mark.parametrize("way", WAYS)
async def test_variables_without_end_are_refused(way: Any) -> None:  # noqa: ANN401
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]

    ((code, _),) = await refused_with(await way("{ __typename }", AS_STAFF, {"deep": deep}))

    assert code == "TOO_DEEP"


async def test_what_a_document_costs_depends_on_its_variables(course: StoredCourse) -> None:
    few = await executed(COSTLY, AS_STAFF, {"first": 10})
    many = await executed(COSTLY, AS_STAFF, {"first": 100})

    assert few.errors is None
    assert few.extensions == {"cost": {"requested": 1_432, "limit": 5_000}}
    assert [code for code, _ in await refused_with(many)] == ["TOO_COSTLY"]


async def test_who_is_not_signed_in_may_spend_less(database: str) -> None:
    for asking, limit in ((AS_NOBODY, 1_000), (LEARNER, 5_000)):
        cheap = await executed("{ __typename gradeEventsCursor }", asking)
        assert cheap.extensions == {"cost": {"requested": 1, "limit": limit}}
    page = {"courseKey": COURSE_KEY}

    ((code, message),) = await refused_with(await executed(operation(GRADEBOOK), AS_NOBODY, page))
    allowed = await executed(operation(GRADEBOOK), LEARNER, page)

    assert code == "TOO_COSTLY"
    assert message.endswith(": 2,223, allowed are 1,000.")
    assert allowed.errors is None


async def test_a_change_that_is_refused_changes_nothing(course: StoredCourse) -> None:
    before = await everything_stored()
    one = f'updateGrade(input: {{courseKey: "{COURSE_KEY}", learner: {{username: "ada"}}}})'
    text = " ".join(["mutation {", *(f"a{n}: {one} {{ __typename }}" for n in range(31)), "}"])

    refusals = await refused_with(await executed(text))

    assert [code for code, _ in refusals] == ["TOO_MANY_ROOT_FIELDS", "TOO_MANY_ALIASES"]
    assert await everything_stored() == before


@pytest.mark.parametrize("way", WAYS)
async def test_a_query_says_what_it_cost(course: StoredCourse, way: Any) -> None:  # noqa: ANN401
    variables = {"courseKey": COURSE_KEY, "learner": {"username": "ada"}}

    answered = await way(operation(PROGRESS), AS_STAFF, variables)

    assert answered.errors is None
    assert answered.extensions == {"cost": {"requested": 330, "limit": 5_000}}


async def test_only_so_many_validation_errors_are_told() -> None:
    text = "{ " + " ".join(f"x{n}" for n in range(20)) + " ... { ...A ...B ...C ...D ...E } }"

    result = await executed(text)

    errors = result.errors or []
    assert len(errors) == 21
    assert errors[-1].message.startswith("Too many validation errors")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("setting", "welcome"),
    [
        ("everybody", [AS_STAFF, LEARNER, AS_NOBODY]),
        ("signed-in", [AS_STAFF, LEARNER]),
        ("staff", [AS_STAFF]),
        ("nobody", []),
    ],
)
async def test_introspection_is_for_those_who_may(
    way: Any,  # noqa: ANN401
    setting: Any,  # noqa: ANN401
    welcome: list[Asking],
) -> None:
    enforce(Limits(introspection=setting))
    hidden = '{ ...A } fragment A on Query { ... { t: __type(name: "Course") { name } } }'

    for asking in (AS_STAFF, LEARNER, AS_NOBODY):
        for text in (get_introspection_query(), hidden):
            result = await way(text, asking)
            if asking in welcome:
                assert result.errors is None
            else:
                ((code, _),) = await refused_with(result)
                assert code == "INTROSPECTION_DISABLED"
        assert (await way("{ __typename }", asking)).data == {"__typename": "Query"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ cours(courseKey: 1) { id } }", {}),
        ('{ course(courseKei: "x") { id } }', {}),
        ("query Q($a: Cours) { course(courseKey: $a) { id } }", {}),
        (WHOSE, {"a": {"usernam": "x"}}),
        (
            "query Q($t: [GradeEventType!]) { gradeEvents(types: $t) { nodes { id } } }",
            {"t": ["COURSE_GRADE_CHANGE"]},
        ),
        (FOLLOW, {"t": ["COURSE_GRADE_CHANGE"]}),
    ],
)
async def test_only_who_is_signed_in_is_told_names_that_might_have_been_meant(
    way: Any,  # noqa: ANN401
    text: str,
    variables: dict[str, Any],
) -> None:
    async def told(asking: Asking) -> str:
        result = await way(text, asking, variables)
        return " ".join(error.message for error in result.errors or [])

    assert await told(AS_NOBODY)
    assert "Did you mean" in await told(LEARNER)
    assert "Did you mean" not in await told(AS_NOBODY)


def spending(most: int) -> tuple[Charge, list[tuple[str, int]]]:
    """Make a charge that lets so much be spent, and what was spent."""
    spent: list[tuple[str, int]] = []

    def charge(viewer: Viewer, cost: int) -> None:
        if sum(one for _, one in spent) + cost > most:
            raise GraphQLError("Too fast.", extensions={"code": "RATE_LIMITED"})
        spent.append((viewer.name, cost))

    return charge, spent


@pytest.mark.parametrize("way", WAYS)
async def test_each_request_is_charged_once_with_what_it_costs(database: str, way: Any) -> None:  # noqa: ANN401
    charge, spent = spending(100)
    enforce(Limits(), charge)

    assert (await way("{ gradeEventsCursor }")).errors is None
    assert (await way("{ nothing }")).errors

    assert spent == [("staff", 10), ("staff", 1), ("staff", 10)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("most", [9, 10])
async def test_who_has_nothing_left_is_refused(way: Any, most: int) -> None:  # noqa: ANN401
    charge, _ = spending(most)
    enforce(Limits(), charge)

    assert await refused_with(await way("{ gradeEventsCursor }")) == [("RATE_LIMITED", "Too fast.")]


async def test_a_subscription_is_charged_when_it_begins() -> None:
    charge, spent = spending(11)
    enforce(Limits(), charge)
    text = f'subscription {{ gradeEvents(courseKey: "{COURSE_KEY}") {{ learner {{ id }} }} }}'

    refusals = await refused_with(await streamed(text))

    assert refusals == [("RATE_LIMITED", "Too fast.")]
    assert spent == [("staff", 10)]


def test_limits_hold_for_one_task_and_its_children_only() -> None:
    context = copy_context()
    context.run(enforce, Limits(depth=1))

    assert context.run(enforcement).limits.depth == 1
    assert enforcement().limits.depth == 12
