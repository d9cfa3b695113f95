import pytest

from db.courses import StoredCourse
from db.enrollments import Enrollment
from db.learners import Learner
from grading import LearnerId, LearnerNotFound
from grading.keys import MAX_LEARNER_ID
from resolvers.learners import (
    LearnerRef,
    find_learner,
    learner_id_of,
    read_enrollment,
    read_learner,
    require_learner,
)
from resolvers.readiness import hindrance
from tests.factories import context_of, enroll, publish_content

ZOE = Learner(LearnerId(7), "zoë", "Zoë", "zoe@example.org", "sis 7")


@pytest.fixture
async def course(database: str) -> StoredCourse:
    course = await publish_content()
    await enroll(course, [ZOE])
    return course


@pytest.mark.parametrize(
    "ref",
    [
        LearnerRef("user_id", "7"),
        LearnerRef("user_id", "007"),
        LearnerRef("username", "zoë"),
        LearnerRef("external_user_key", "sis 7"),
    ],
)
async def test_a_learner_is_found_by_every_name(course: StoredCourse, ref: LearnerRef) -> None:
    assert await find_learner(context_of(), ref) == ZOE
    assert await require_learner(context_of(), ref) == ZOE


@pytest.mark.parametrize(
    "ref",
    [
        LearnerRef("user_id", "8"),
        LearnerRef("user_id", "zoë"),
        LearnerRef("user_id", str(2**63)),
        LearnerRef("username", "7"),
        LearnerRef("username", "Zoë"),
        LearnerRef("username", ""),
        LearnerRef("username", "zoë\0"),
        LearnerRef("username", "\udc00"),
        LearnerRef("external_user_key", "None"),
        LearnerRef("external_user_key", "\0"),
    ],
)
async def test_an_unknown_name_is_nobodys(course: StoredCourse, ref: LearnerRef) -> None:
    assert await find_learner(context_of(), ref) is None
    with pytest.raises(LearnerNotFound) as refused:
        await require_learner(context_of(), ref)
    spelled = {"user_id": "userId", "external_user_key": "externalUserKey"}.get(ref.kind, ref.kind)
    assert refused.value.message == f"There is no learner whose {spelled} is {ref.name!r}."


async def test_a_learner_who_is_gone_after_all_is_refused(course: StoredCourse) -> None:
    with pytest.raises(LearnerNotFound, match="There is no learner whose userId is 8"):
        await read_learner(context_of(), LearnerId(8))


async def test_an_enrollment_is_read_or_there_never_was_one(course: StoredCourse) -> None:
    context = context_of()

    assert await read_enrollment(context, course, ZOE.id) == Enrollment(course.id, ZOE.id)
    assert await read_enrollment(context, course, LearnerId(8)) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        (str(MAX_LEARNER_ID), MAX_LEARNER_ID),
        (str(MAX_LEARNER_ID + 1), None),
        ("0", None),
        ("-1", None),
        ("+1", None),
        (" 1", None),
        ("1_0", None),
        ("1.0", None),
        ("", None),
        ("٣", None),
        ("9" * 5000, None),
    ],
)
def test_a_user_id_is_a_positive_number_in_digits(text: str, number: int | None) -> None:
    assert learner_id_of(text) == number


async def test_a_database_that_answers_is_ready(database: str) -> None:
    assert await hindrance() is None
