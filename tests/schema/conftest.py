"""The course that the schema's tests ask about."""

import pytest

from db.courses import StoredCourse
from tests.schema.heat import heat_course


@pytest.fixture
async def course(database: str) -> StoredCourse:
    """The course with Ada, who has scores, Bea, who has none, and Cyd, who has left."""
    return await heat_course()
