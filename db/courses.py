"""Courses: which version is present, what it holds, and publishing another."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from db.connection import Rows, client, dialect, in_a_transaction
from db.course_document import structure_from_text, structure_to_text
from db.sql import (
    among,
    among_texts,
    as_bool,
    as_datetime,
    execute,
    execute_many,
    fetch,
    id_array,
    matching,
    text_array,
)
from db.transaction import PUBLICATION_LOCKS, course_lock, transaction
from grading import (
    Algorithm,
    CourseContent,
    CourseKey,
    FreezeByHand,
    UsageKey,
    parse_policy,
    short_labels,
)

_KEPT_CONTENTS: Final = 64


@dataclass(frozen=True, eq=False)
class StoredCourse:
    """One version of a course with the numbers that rows know it by."""

    id: int
    version_id: int
    content: CourseContent
    block_ids: Mapping[UsageKey, int]
    freeze_by_hand: FreezeByHand | None = None

    @cached_property
    def usage_keys(self) -> Mapping[int, UsageKey]:
        """Return the key of every block that the course ever had, by its number."""
        return {number: key for key, number in self.block_ids.items()}

    @cached_property
    def short_labels(self) -> Mapping[UsageKey, str]:
        """Return the gradebook's label of every subsection that counts."""
        return short_labels(self.content)

    @property
    def key(self) -> CourseKey:
        """Return the course's key."""
        return self.content.course_key


# Versions are immutable, so what was read once is right for as long as the database is open.
_contents: WeakKeyDictionary[object, OrderedDict[int, StoredCourse]] = WeakKeyDictionary()
# The same object as long as staff set no other freeze, so that what hangs on it is kept as well.
_frozen: WeakKeyDictionary[StoredCourse, StoredCourse] = WeakKeyDictionary()

# What `present_courses_in` understands: a course is `c`, its publication `p`.
PRESENT_COLUMNS: Final = (
    "c.id, c.key, p.version_id, p.frozen, p.freeze_set_at, p.freeze_set_by, p.freeze_reason"
)
_PRESENT: Final = (
    f"select {PRESENT_COLUMNS} from course c join course_publication p on p.course_id = c.id where "
)


async def present_courses(keys: Iterable[CourseKey]) -> dict[CourseKey, StoredCourse]:
    """Return the present version of each of the courses that exist."""
    found = await _present(await fetch(_PRESENT + among_texts("c.key", 1), text_array(keys)))
    return {course.key: course for course in found}


async def present_courses_by_id(ids: Iterable[int]) -> dict[int, StoredCourse]:
    """Return the present version of each of the courses that exist, by number."""
    return await present_courses_in(await fetch(present_courses_query(), id_array(ids)))


def present_courses_query(*, one: bool = False) -> str:
    """Ask for what `present_courses_in` understands, of the courses whose numbers are in `$1`.

    Here and in the queries like it, `one` is for parameters that are numbers, not arrays.
    """
    return _PRESENT + matching("c.id", 1, one=one)


async def present_courses_in(rows: Rows) -> dict[int, StoredCourse]:
    """Return the courses that were asked for, by number, with their content from memory."""
    return {course.id: course for course in await _present(rows)}


async def set_freeze(course_id: int, freeze: FreezeByHand | None) -> None:
    """Freeze or open a course's grades by hand; None leaves it to the date again."""
    values = (
        (None, None, None, None)
        if freeze is None
        else (freeze.frozen, freeze.since, freeze.by, freeze.reason)
    )
    await execute(
        "update course_publication set frozen = $1, freeze_set_at = $2, freeze_set_by = $3,"
        " freeze_reason = $4 where course_id = $5",
        *values,
        course_id,
    )


async def _present(rows: Rows) -> list[StoredCourse]:
    versions = await course_versions(row[2] for row in rows)
    return [_with_freeze(versions[row[2]], row[3:]) for row in rows]


def _with_freeze(course: StoredCourse, columns: Sequence[Any]) -> StoredCourse:
    frozen, since, by, reason = columns
    if frozen is None:
        return course
    freeze = FreezeByHand(as_bool(frozen), as_datetime(since), by, reason)
    known = _frozen.get(course)
    if known is None or known.freeze_by_hand != freeze:
        known = _frozen[course] = replace(course, freeze_by_hand=freeze)
    return known


async def course_versions(version_ids: Iterable[int]) -> dict[int, StoredCourse]:
    """Return these versions, from memory where they were read before."""
    kept = _contents.setdefault(client(), OrderedDict())
    wanted = set(version_ids)
    found = {number: kept[number] for number in wanted & kept.keys()}
    for number in found:
        kept.move_to_end(number)
    if missing := wanted - found.keys():
        read = await _read_versions(missing)
        found.update(read)
        # What is read in a transaction may be undone, and its number given to another version.
        if not in_a_transaction():
            kept.update(read)
            while len(kept) > _KEPT_CONTENTS:
                kept.popitem(last=False)
    return found


async def _read_versions(version_ids: Iterable[int]) -> dict[int, StoredCourse]:
    gathered = "json_object_agg" if dialect() == "postgres" else "json_group_object"
    rows = await fetch(
        "select v.id, v.course_id, v.version, v.structure, v.policy, v.algorithm,"
        f" (select {gathered}(b.usage_key, b.id) from block b where b.course_id = v.course_id)"
        f" from course_version v where {among('v.id', 1)}",
        id_array(version_ids),
    )
    return {
        version_id: StoredCourse(
            course_id,
            version_id,
            CourseContent(
                structure_from_text(structure), parse_policy(policy), Algorithm(algorithm), version
            ),
            orjson.loads(block_ids),
        )
        for version_id, course_id, version, structure, policy, algorithm, block_ids in rows
    }


async def versions_by_name(
    course_ids: Iterable[int], versions: Iterable[str]
) -> list[StoredCourse]:
    """Return the versions of these names that these courses have or had."""
    rows = await fetch(
        "select id from course_version"
        f" where {among('course_id', 1)} and {among_texts('version', 2)}",
        id_array(course_ids),
        text_array(versions),
    )
    return list((await course_versions(row[0] for row in rows)).values())


def usage_keys_by_course(
    courses: Collection[StoredCourse],
) -> dict[int, Mapping[int, UsageKey]]:
    """Return the blocks' keys by course and number, as the newest of the given versions knows."""
    newest_last = sorted(courses, key=lambda course: course.version_id)
    return {course.id: course.usage_keys for course in newest_last}


async def publish(content: CourseContent, *, now: datetime) -> StoredCourse:
    """Make this content the present version of its course; the same content again is no news."""
    async with transaction():
        await execute(
            "insert into course (key, created_at) values ($1, $2) on conflict (key) do nothing",
            content.course_key,
            now,
        )
        ((course_id,),) = await fetch("select id from course where key = $1", content.course_key)
        await lock_course(course_id)
        await execute_many(
            "insert into block (course_id, usage_key) values ($1, $2)"
            " on conflict (course_id, usage_key) do nothing",
            [(course_id, key) for key in _block_keys(content)],
        )
        await execute(
            "insert into course_version"
            " (course_id, version, structure, policy, algorithm, created_at)"
            " values ($1, $2, $3, $4, $5, $6) on conflict (course_id, version) do nothing",
            course_id,
            content.version,
            structure_to_text(content.structure),
            content.policy.source,
            content.algorithm.value,
            now,
        )
        ((version_id,),) = await fetch(
            "select id from course_version where course_id = $1 and version = $2",
            course_id,
            content.version,
        )
        if dialect() == "postgres":
            await fetch(
                "select pg_advisory_xact_lock($1::int, $2::int)",
                PUBLICATION_LOCKS,
                course_lock(course_id),
            )
        await execute(
            "insert into course_publication (course_id, version_id, published_at)"
            " values ($1, $2, $3) on conflict (course_id) do update"
            " set version_id = excluded.version_id, published_at = excluded.published_at"
            " where course_publication.version_id <> excluded.version_id",
            course_id,
            version_id,
            now,
        )
    return (await course_versions([version_id]))[version_id]


async def lock_course(course_id: int) -> None:
    """Have those who publish versions of a course, or freeze it, take turns.

    It lasts until the transaction ends.
    """
    await execute("update course set key = key where id = $1", course_id)


def _block_keys(content: CourseContent) -> list[UsageKey]:
    sections = [section.usage_key for section in content.structure.sections]
    return list(dict.fromkeys([*sections, *content.subsections, *content.problems]))
