"""A course whose events are delivered."""

import pytest

from db.courses import StoredCourse
from tests.factories import enroll, publish_content


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """The course with learners 1 to 3, and no events yet."""
    course = await publish_content()
    await enroll(course, 3)
    return course
