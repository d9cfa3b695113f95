"""The list of courses by key: pages of it, and how long it is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from db.connection import dialect
from db.sql import among_texts, fetch, text_array
from grading import CourseKey


@dataclass(frozen=True, slots=True)
class CourseSelection:
    """Which courses: those of these keys and those of these organisations; all, if both None."""

    keys: Collection[CourseKey] | None = None
    organizations: Collection[str] | None = None

    def where(self) -> tuple[str, list[object]]:
        """Return the condition on ``c.key``, and its parameters from the first on."""
        if self.keys is None and self.organizations is None:
            return "true", []
        conditions = [among_texts("c.key", 1)]
        args: list[object] = [text_array(self.keys or ())]
        for one in self.organizations or ():
            args.append(f"course-v1:{one}+")
            prefix = f"cast(${len(args)} as text)"
            conditions.append(f"substr(c.key, 1, length({prefix})) = {prefix}")
        return f"({' or '.join(conditions)})", args


_FROM: Final = "from course c join course_publication p on p.course_id = c.id where"


async def course_keys_after(
    key: CourseKey | None, *, among: CourseSelection, limit: int
) -> list[CourseKey]:
    """Return the first ``limit`` courses of the list behind a key, in the order of code points."""
    where, args = among.where()
    order = 'c.key collate "C"' if dialect() == "postgres" else "c.key"
    beyond, count = len(args) + 1, len(args) + 2
    rows = await fetch(
        f"select c.key {_FROM} {where} and {order} > ${beyond} order by {order} limit ${count}",
        *args,
        key or "",
        limit,
    )
    return [CourseKey(row[0]) for row in rows]


async def course_count(among: CourseSelection) -> int:
    """Count the courses of the list."""
    where, args = among.where()
    ((count,),) = await fetch(f"select count(*) {_FROM} {where}", *args)
    return int(count)
