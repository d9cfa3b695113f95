"""Overrides: what staff put in the place of computed points, and what was done to them."""

from datetime import datetime
from enum import Enum
from typing import Self

import strawberry

import grading
from resolvers import learners, overrides
from resolvers.courses import StoredCourse
from resolvers.overrides import Overridable, OverrideEntry
from schema.global_id import global_id, parse_global_id
from schema.info import Info
from schema.learner import User
from schema.node import Node
from schema.page_info import PageInfo
from schema.score import Score


@strawberry.enum(description="Which part of the platform an override comes from.")
class OverrideSystem(Enum):
    GRADEBOOK = strawberry.enum_value("GRADEBOOK", description="Staff, in the gradebook.")
    PROCTORING = strawberry.enum_value("PROCTORING", description="The proctoring of exams.")
    BULK_IMPORT = strawberry.enum_value("BULK_IMPORT", description="An imported file.")
    API = strawberry.enum_value("API", description="Another program.")


@strawberry.enum(description="What was done to an override.")
class OverrideAction(Enum):
    CREATED = strawberry.enum_value("CREATED", description="There was none before.")
    UPDATED = strawberry.enum_value("UPDATED", description="It replaced another one.")
    DELETED = strawberry.enum_value("DELETED", description="The computed grade counts again.")


async def _user_of(info: Info, username: str | None, course: StoredCourse) -> User | None:
    found = await learners.find_actor(info.context, username, course.key)
    return None if found is None else User.of(found)


@strawberry.type(
    description="What staff put in the place of a subsection's computed points. It stays when "
    "scores or the content change, until it is removed."
)
class SubsectionGradeOverride(Node):
    value: strawberry.Private[grading.SubsectionGradeOverride]
    course: strawberry.Private[StoredCourse]
    earned_graded: float | None = strawberry.field(
        description="Graded points earned. A part that is null follows the learner's own work."
    )
    possible_graded: float | None = strawberry.field(
        description="Graded points possible; null for the computed ones."
    )
    earned_all: float | None = strawberry.field(
        description="Points earned over graded and ungraded problems; null for the computed ones."
    )
    possible_all: float | None = strawberry.field(
        description="Points possible over graded and ungraded problems; null for the computed ones."
    )
    system: OverrideSystem = strawberry.field(description="Where it comes from.")
    reason: str | None = strawberry.field(description="Why, in the words of who set it.")
    created_at: datetime = strawberry.field(description="When the first of its values was set.")
    updated_at: datetime = strawberry.field(description="When its present values were set.")

    @classmethod
    def of(cls, value: grading.SubsectionGradeOverride | None, place: Overridable) -> Self | None:
        if value is None or value.created_at is None or value.updated_at is None:
            return None
        course, learner_id, usage_key = place
        return cls(
            id=global_id(
                "SubsectionGradeOverride", course.id, learner_id, course.block_ids[usage_key]
            ),
            value=value,
            course=course,
            earned_graded=value.earned_graded,
            possible_graded=value.possible_graded,
            earned_all=value.earned_all,
            possible_all=value.possible_all,
            system=OverrideSystem[value.system.name],
            reason=value.reason,
            created_at=value.created_at,
            updated_at=value.updated_at,
        )

    @strawberry.field(
        description="Who set its present values; null for somebody whom the viewer may not know of."
    )
    async def overridden_by(self, info: Info) -> User | None:
        return await _user_of(info, self.value.overridden_by, self.course)


@strawberry.type(description="One thing that was done to an override.")
class OverrideHistoryEntry:
    value: strawberry.Private[OverrideEntry]
    course: strawberry.Private[StoredCourse]
    action: OverrideAction = strawberry.field(description="What was done.")
    at: datetime = strawberry.field(description="When.")
    system: OverrideSystem = strawberry.field(
        description="Where the override came from; of a removal, where the removed one came from."
    )
    reason: str | None = strawberry.field(description="Why, in the words of who did it.")
    before: Score | None = strawberry.field(
        description="The graded score that counted before; null where there was nothing to grade."
    )
    after: Score | None = strawberry.field(description="The graded score that counted after it.")

    @classmethod
    def of(cls, value: OverrideEntry, course: StoredCourse) -> Self:
        algorithm = course.content.algorithm
        return cls(
            value=value,
            course=course,
            action=OverrideAction[value.action.name],
            at=value.at,
            system=OverrideSystem[value.system.name],
            reason=value.reason,
            before=None if value.before is None else Score.of(value.before, algorithm),
            after=Score.of(value.after, algorithm),
        )

    @strawberry.field(description="Who did it; null for somebody whom the viewer may not know of.")
    async def by(self, info: Info) -> User | None:
        return await _user_of(info, self.value.actor, self.course)


@strawberry.type(description="One thing that was done, with its place.")
class OverrideHistoryEdge:
    cursor: str = strawberry.field(description="The entry's place, for `after`.")
    node: OverrideHistoryEntry = strawberry.field(description="The entry.")


@strawberry.type(description="What was done to an override, newest first; kept when it is removed.")
class OverrideHistoryConnection:
    place: strawberry.Private[Overridable | None]
    edges: list[OverrideHistoryEdge] = strawberry.field(description="The entries with places.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @classmethod
    async def read(cls, info: Info, place: Overridable, *, first: int, after: str | None) -> Self:
        """Read a page of the history of one subsection grade."""
        before_id = None if after is None else _parse_cursor(after)
        entries, more = await overrides.read_history(
            info.context, place, first=first, before_id=before_id
        )
        edges = [
            OverrideHistoryEdge(
                cursor=global_id(_CURSOR, entry.id),
                node=OverrideHistoryEntry.of(entry, place.course),
            )
            for entry in entries
        ]
        return cls(
            place=place,
            edges=edges,
            page_info=PageInfo(
                has_next_page=more,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )

    @classmethod
    def nothing(cls) -> Self:
        """Make the history of what the viewer may not see."""
        nowhere = PageInfo(
            has_next_page=False, has_previous_page=False, start_cursor=None, end_cursor=None
        )
        return cls(place=None, edges=[], page_info=nowhere)

    @strawberry.field(description="The entries.")
    def nodes(self) -> list[OverrideHistoryEntry]:
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many there are in all.")
    async def total_count(self, info: Info) -> int:
        return 0 if self.place is None else await overrides.count_history(info.context, self.place)


_CURSOR = "OverrideHistoryEntry"


def _parse_cursor(text: str) -> int:
    try:
        target = parse_global_id(text)
    except grading.InvalidInput as error:
        raise grading.MalformedCursor(f"{text[:80]!r} is no cursor of a history.") from error
    if target.type_name != _CURSOR or len(target.numbers) != 1:
        raise grading.MalformedCursor(f"{text[:80]!r} is no cursor of a history.")
    return target.numbers[0]
