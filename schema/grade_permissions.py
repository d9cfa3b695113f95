"""Permissions: what the viewer may do in a course."""

from typing import Self

import strawberry

from resolvers.course_list import Permissions, learns_in
from resolvers.courses import StoredCourse
from schema.info import Info


@strawberry.type(description="What the viewer may do in a course.")
class GradePermissions:
    course: strawberry.Private[StoredCourse]
    view_all_grades: bool = strawberry.field(
        description="See everybody's grades, those too whose results are hidden from learners."
    )
    edit_grades: bool = strawberry.field(
        description="Record scores, set overrides and recompute grades."
    )
    edit_grading_policy: bool = strawberry.field(
        description="Change how the course is graded, and freeze its grades."
    )

    @classmethod
    def of(cls, permitted: Permissions, course: StoredCourse) -> Self:
        return cls(
            course=course,
            view_all_grades=permitted.view_all_grades,
            edit_grades=permitted.edit_grades,
            edit_grading_policy=permitted.edit_course,
        )

    @strawberry.field(description="See their own grade: they are a learner of the course.")
    async def view_own_grade(self, info: Info) -> bool:
        return await learns_in(info.context, self.course)
