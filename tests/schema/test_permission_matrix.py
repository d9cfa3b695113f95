"""Who may do what: every role and every root field, type of node, mutation and subscription.

What is added to the schema needs a line here: a test compares. `docs/access.md` tells the same
in words.
"""

from collections.abc import AsyncGenerator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from typing import Final, NamedTuple

import pytest
from strawberry.types import ExecutionResult

from db.courses import StoredCourse
from resolvers.grade_jobs import start_regrade
from schema import schema
from schema.global_id import global_id
from tests.events.waiting import until
from tests.schema.execution import everything_stored
from tests.schema.following import Following, Live, live
from tests.schema.heat import COURSE_KEY, problem, sequential
from tests.schema.people import (
    ADA_HERSELF,
    BEA_HERSELF,
    COURSE_EDITORS,
    EVERYBODY,
    HOOKS,
    KNOW_ADA,
    KNOW_THE_COURSE,
    NO_COURSE,
    NOBODY,
    READERS,
    WATCHERS,
    WEBHOOK_MANAGERS,
    WRITERS,
    about,
    answer,
    both_courses,
    context_of,
    id_of,
    outcome,
)

SHOWN, NOTHING = "SHOWN", "NOTHING"
FORBIDDEN, NO_SUCH_COURSE = "FORBIDDEN", "COURSE_NOT_FOUND"


class Question(NamedTuple):
    """A query, who is shown what it asks for, and who is refused; all others are told nothing."""

    document: str
    shown: AbstractSet[str]
    forbidden: AbstractSet[str] = frozenset()

    def expected(self) -> dict[str, str]:
        return {
            who: SHOWN if who in self.shown else FORBIDDEN if who in self.forbidden else NOTHING
            for who in EVERYBODY
        }


def change(input: str, by: AbstractSet[str]) -> tuple[str, AbstractSet[str]]:
    """Return the input of a mutation, and who may; all others who know the course are refused."""
    return input, by


def signed_in(*but: str) -> frozenset[str]:
    return EVERYBODY - {"anonymous", *but}


KNOW_PEOPLE: Final = KNOW_ADA - ADA_HERSELF
OF_COURSE: Final = "{ course(courseKey: $COURSE) { %s } }"
EVENTS: Final = "gradeEvents(courseKeys: [$COURSE]) { nodes { id } }"

# Those who look after nothing of this course see an empty list, the others that there is none.
MAY_HAVE_WEBHOOKS: Final = WEBHOOK_MANAGERS | {"service elsewhere", "service in another course"}

QUERIES: Final[Mapping[str, Question]] = {
    "viewer": Question("{ viewer { courses { totalCount } } }", EVERYBODY),
    "course": Question("{ course(courseKey: $COURSE) { displayName } }", KNOW_THE_COURSE),
    "courseGrade": Question(
        "{ courseGrade(courseKey: $COURSE, learner: {userId: $LEARNER}) { percent } }",
        READERS | ADA_HERSELF,
        KNOW_PEOPLE - READERS,
    ),
    "courseGrades": Question(
        "{ courseGrades(courseKeys: [$COURSE], learner: {userId: $LEARNER}) { percent } }",
        READERS | ADA_HERSELF,
        KNOW_PEOPLE - READERS,
    ),
    "gradeEvents": Question(
        f"{{ {EVENTS} }}",
        WATCHERS | ADA_HERSELF,
        {"anonymous"} | (KNOW_THE_COURSE - WATCHERS - ADA_HERSELF - BEA_HERSELF),
    ),
    "gradeEventsCursor": Question("{ gradeEventsCursor }", signed_in(), {"anonymous"}),
    "gradeJob": Question("{ gradeJob(id: $ID) { total } }", WRITERS),
    "node": Question("{ node(id: $ID) { id } }", KNOW_THE_COURSE),
    "nodes": Question("{ nodes(ids: [$ID]) { id } }", KNOW_THE_COURSE),
    "webhooks": Question("{ webhooks { url } }", WEBHOOK_MANAGERS, EVERYBODY - MAY_HAVE_WEBHOOKS),
}
NODES: Final[Mapping[str, AbstractSet[str]]] = {
    "Course": KNOW_THE_COURSE,
    "Section": KNOW_THE_COURSE,
    "Subsection": KNOW_THE_COURSE,
    "User": KNOW_ADA | {"service for ada elsewhere"},
    "CourseGrade": READERS | ADA_HERSELF,
    "SubsectionGrade": READERS | ADA_HERSELF,
    "SubsectionGradeOverride": READERS | ADA_HERSELF,
    "GradebookEntry": READERS,
    "GradeJob": WRITERS,
    "Webhook": WEBHOOK_MANAGERS,
}
# What a course is asked for that is about people, or is told to some alone.
OF_COURSES: Final[Mapping[str, Question]] = {
    "courseGrade": Question(
        OF_COURSE % "courseGrade(learner: {userId: $LEARNER}) { percent }",
        READERS | ADA_HERSELF,
        KNOW_PEOPLE - READERS,
    ),
    "gradebook": Question(
        OF_COURSE % "gradebook { nodes { id } }", READERS, KNOW_THE_COURSE - READERS
    ),
    "gradeStatistics": Question(
        OF_COURSE % "gradeStatistics { learnerCount }", READERS, KNOW_THE_COURSE - READERS
    ),
    "viewerPermissions": Question(
        OF_COURSE % "viewerPermissions { viewOwnGrade }", KNOW_THE_COURSE
    ),
}
# The rest of a course is its content, which all see alike who know of it.
CONTENT: Final = frozenset(
    {"id", "courseKey", "displayName", "start", "end", "courseVersion", "gradingPolicy"}
    | {"gradesFreeze", "sections", "subsections", "subsection"}
)
ADA: Final = "learner: {userId: $LEARNER}"
HW2: Final = f'usageKey: "{sequential("hw2")}"'
MUTATIONS: Final = {
    "updateGrade": change(f"courseKey: $COURSE, {ADA}", WRITERS),
    "updateGrades": change("courseKey: $COURSE, learners: [{userId: $LEARNER}]", WRITERS),
    "recordScores": change(
        f'courseKey: $COURSE, scores: [{{{ADA}, usageKey: "{problem("p6")}", scoreGiven: 9,'
        ' scoreMaximum: 10, timestamp: "2026-02-02T00:00:00Z"}]',
        WRITERS,
    ),
    "overrideSubsectionGrade": change(
        f"courseKey: $COURSE, {ADA}, {HW2}, values: {{earnedGraded: 5}}", WRITERS
    ),
    "removeSubsectionGradeOverride": change(f"courseKey: $COURSE, {ADA}, {HW2}", WRITERS),
    "bulkOverrideSubsectionGrades": change(
        f"courseKey: $COURSE, items: [{{{ADA}, {HW2}, values: {{earnedGraded: 5}}}}]", WRITERS
    ),
    "updateGradingPolicy": change(
        'courseKey: $COURSE, assignmentTypes: [{name: "Exam", weight: 1, minCount: 1}],'
        ' gradeCutoffs: [{letterGrade: "Pass", threshold: 0.5}]',
        COURSE_EDITORS,
    ),
    "setGradesFrozen": change("courseKey: $COURSE, frozen: false", COURSE_EDITORS),
    "registerWebhook": change(f'url: "https://{HOOKS}/", courseKeys: [$COURSE]', WEBHOOK_MANAGERS),
    "importGrades": change(
        'courseKey: $COURSE, csv: "user_id,course_id,new_override-hw2\\n"', WRITERS
    ),
    "exportGrades": change("courseKey: $COURSE", READERS),
}
# Who may not look after a webhook is told that there is none of its id.
OF_WEBHOOKS: Final = {"updateWebhook": ", active: true", "retryWebhook": "", "removeWebhook": ""}
# A job is named by its id alone: who may not know of it is told that there is none.
CANCEL: Final = "mutation { cancelGradeJob(input: {id: $ID}) { userErrors { code message } } }"
FOLLOW_JOB: Final = "subscription { gradeJobUpdated(id: $ID) { total } }"
OWN: Final = ADA_HERSELF | BEA_HERSELF
SUBSCRIPTIONS: Final = {
    "courseGradeChanged": ("(courseKey: $COURSE) { id }", WATCHERS | OWN),
    "passingStatusChanged": ("(courseKey: $COURSE) { id }", WATCHERS | OWN),
    "subsectionGradeChanged": ("(courseKey: $COURSE) { id }", WATCHERS | OWN),
    "gradeEvents": ("(courseKey: $COURSE) { id }", WATCHERS | OWN),
    "gradeStatisticsChanged": ("(courseKey: $COURSE) { learnerCount }", READERS),
}


def fields_of(name: str) -> set[str]:
    return set(schema._schema.type_map[name].fields)  # type: ignore[attr-defined]


def test_everything_in_the_schema_has_an_entry() -> None:
    nodes = schema._schema.type_map["Node"]
    kinds = {one.name for one in schema._schema.get_possible_types(nodes)}  # type: ignore[arg-type]

    assert fields_of("Query") == QUERIES.keys()
    assert fields_of("Mutation") == MUTATIONS.keys() | OF_WEBHOOKS.keys() | {"cancelGradeJob"}
    assert fields_of("Subscription") == SUBSCRIPTIONS.keys() | {"gradeJobUpdated"}
    assert kinds == NODES.keys()
    assert fields_of("Course") == OF_COURSES.keys() | CONTENT


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """Heat, beside Cold, with an override of Ada's second homework, a job for nobody, a webhook."""
    heat = await both_courses()
    await start_regrade(context_of("global staff"), heat, [], force=True)
    done = await answer("global staff", about(written("overrideSubsectionGrade")))
    assert outcome(done) == SHOWN
    kept = await answer("global staff", about(written("registerWebhook")))
    assert outcome(kept) == SHOWN
    return heat


def written(mutation: str) -> str:
    return (
        f"mutation {{ {mutation}(input: {{{MUTATIONS[mutation][0]}}})"
        " { userErrors { code message } } }"
    )


async def check(question: Question, *, id: str = "", no_id: str = "") -> None:
    """Compare what each role is told with what it should be, and with what is told of nothing."""
    answers = {who: await answer(who, about(question.document, id=id)) for who in EVERYBODY}

    assert {who: outcome(answers[who]) for who in EVERYBODY} == question.expected()
    for who in EVERYBODY - question.shown:
        # Neither the course nor the learner may be told from one that does not exist.
        if who not in KNOW_THE_COURSE:
            absent = about(question.document, course=NO_COURSE, id=no_id)
            assert await answer(who, absent) == answers[who], who
        if who not in KNOW_ADA:
            absent = about(question.document, learner=NOBODY, id=no_id)
            assert await answer(who, absent) == answers[who], who


@pytest.mark.parametrize("field", QUERIES)
async def test_queries(course: StoredCourse, field: str) -> None:
    kind = "GradeJob" if field == "gradeJob" else "Course"
    await check(QUERIES[field], id=await id_of(kind), no_id=NO_ID)


@pytest.mark.parametrize("field", OF_COURSES)
async def test_fields_of_a_course(course: StoredCourse, field: str) -> None:
    await check(OF_COURSES[field])


@pytest.mark.parametrize("kind", NODES)
async def test_nodes(course: StoredCourse, kind: str) -> None:
    node = await id_of(kind)

    await check(Question("{ node(id: $ID) { id } }", NODES[kind]), id=node, no_id=NO_ID)
    await check(Question("{ nodes(ids: [$ID]) { id } }", NODES[kind]), id=node, no_id=NO_ID)


NO_ID: Final = "Q291cnNlOjk5"  # Course:99
NO_JOB: Final = global_id("GradeJob", 99)
NO_WEBHOOK: Final = global_id("Webhook", 99)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_mutations(course: StoredCourse, mutation: str) -> None:
    document, may = written(mutation), MUTATIONS[mutation][1]
    before = await everything_stored()
    refused = {who: await answer(who, about(document)) for who in EVERYBODY - may}
    after = await everything_stored()

    assert {who: outcome(body) for who, body in refused.items()} == {
        who: FORBIDDEN if who in KNOW_THE_COURSE else NO_SUCH_COURSE for who in EVERYBODY - may
    }
    assert after == before
    for who, body in refused.items():
        absent = about(document, learner=NOBODY)
        assert await answer(who, absent) == body, who
        if who not in KNOW_THE_COURSE:
            absent = about(document, course=NO_COURSE)
            assert str(await answer(who, absent)).replace(NO_COURSE, COURSE_KEY) == str(body), who
    for who in sorted(may):
        assert outcome(await answer(who, about(document))) in {SHOWN, "OVERRIDE_NOT_FOUND"}, who


@pytest.mark.parametrize("who", sorted(EVERYBODY))
async def test_who_may_not_change_grades_knows_of_no_job(course: StoredCourse, who: str) -> None:
    job = await id_of("GradeJob")
    before = await everything_stored()
    told = {}
    async with live() as stream:
        for one in (job, NO_JOB):
            told[one] = await beginning(stream, who, about(FOLLOW_JOB, id=one))
    refused = await answer(who, about(CANCEL, id=NO_JOB))
    assert outcome(refused) == "JOB_NOT_FOUND"
    assert told[NO_JOB][0] == "JOB_NOT_FOUND"
    assert await everything_stored() == before

    cancelled = await answer(who, about(CANCEL, id=job))

    if who in WRITERS:
        assert (told[job][0], outcome(cancelled)) == (SHOWN, SHOWN)
    else:
        assert told[job] == told[NO_JOB]
        assert cancelled == refused
        assert await everything_stored() == before


@pytest.mark.parametrize("mutation", OF_WEBHOOKS)
async def test_who_may_have_no_webhook_knows_of_none(course: StoredCourse, mutation: str) -> None:
    document = (
        f"mutation {{ {mutation}(input: {{id: $ID{OF_WEBHOOKS[mutation]}}})"
        " { userErrors { code message } } }"
    )
    webhook = await id_of("Webhook")
    before = await everything_stored()
    for who in EVERYBODY - WEBHOOK_MANAGERS:
        refused = await answer(who, about(document, id=webhook))
        assert outcome(refused) == "WEBHOOK_NOT_FOUND", who
        assert await answer(who, about(document, id=NO_WEBHOOK)) == refused, who
    assert await everything_stored() == before

    assert outcome(await answer("service here", about(document, id=webhook))) == SHOWN


@pytest.mark.parametrize("field", SUBSCRIPTIONS)
async def test_subscriptions(course: StoredCourse, field: str) -> None:
    arguments, may = SUBSCRIPTIONS[field]
    document = about(f"subscription {{ {field}{arguments} }}")
    absent = about(f"subscription {{ {field}{arguments} }}", course=NO_COURSE)

    async with live() as stream:
        told = {who: await beginning(stream, who, document) for who in EVERYBODY}
        refused = {who: await beginning(stream, who, absent) for who in EVERYBODY - KNOW_THE_COURSE}

    known = EVERYBODY & KNOW_THE_COURSE
    assert {who: code for who, (code, _) in told.items()} == {
        who: SHOWN if who in may else FORBIDDEN if who in known else NO_SUCH_COURSE
        for who in EVERYBODY
    }
    for who, (code, message) in refused.items():
        assert (code, message.replace(NO_COURSE, COURSE_KEY)) == told[who], who


async def beginning(stream: Live, who: str, document: str) -> tuple[str, str]:
    """Subscribe and leave again; return code and message of the refusal, if there is one."""
    before = stream.stream.followers
    results: AsyncGenerator[ExecutionResult, None] = await schema.stream(
        document, {}, context_of(who, stream.stream)
    )
    async with aclosing(results):
        reading = Following(results)
        first = reading._first
        assert first is not None
        await until(lambda: stream.stream.followers > before or first.done())
        try:
            if not first.done() or first.result().data is not None:
                return SHOWN, ""
            (error,) = first.result().errors or []
            return (error.extensions or {})["code"], error.message
        finally:
            await reading.leave()
