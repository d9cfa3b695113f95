import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.connection import connected, dialect
from db.courses import (
    StoredCourse,
    course_versions,
    present_courses,
    present_courses_by_id,
    publish,
    versions_by_name,
)
from db.sql import as_datetime, fetch
from db.transaction import transaction
from grading import (
    Algorithm,
    CourseContent,
    CourseKey,
    content_version,
    parse_policy,
    short_labels,
)
from tests.db.test_course_document import STRUCTURE
from tests.factories import (
    COURSE,
    NOW,
    content_of,
    enroll,
    problem_key,
    publish_content,
    record,
    subsection,
    subsection_key,
    toy_policy,
)
from tests.grading.courses import block

LATER = NOW + timedelta(hours=1)

ODD_POLICY = """{
  "GRADER": [{"weight": 1.0, "drop_count": 0, "min_count": "1", "type": "Final Exam"}],
  "GRADE_CUTOFFS": {"Pass": 0.50, "Bestanden": 5e-1, "Gut": 0.9, "A": 0.9}
}"""


async def rows(sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await fetch(sql)]


async def versions_in_store() -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in await rows("select id, version from course_version")]


async def test_the_same_content_again_is_no_news(database: str) -> None:
    first = await publish(content_of(), now=NOW)
    blocks = await rows("select id, usage_key from block order by id")

    again = await publish(content_of(), now=LATER)

    assert (again.id, again.version_id) == (first.id, first.version_id)
    assert await versions_in_store() == [(first.version_id, content_of().version)]
    assert await rows("select id, usage_key from block order by id") == blocks
    ((published_at,),) = await rows("select published_at from course_publication")
    assert as_datetime(published_at) == NOW


async def test_other_content_is_a_version_of_its_own_and_the_present_one(database: str) -> None:
    first = await publish(content_of(), now=NOW)
    other = content_of([subsection("hw1", "Homework", problems=3)])

    second = await publish(other, now=LATER)

    assert second.id == first.id
    assert second.content == other
    assert len(await versions_in_store()) == 2
    present = await present_courses([COURSE])
    assert present[COURSE].content == other
    ((published_at,),) = await rows("select published_at from course_publication")
    assert as_datetime(published_at) == LATER


@pytest.mark.parametrize(
    "changed",
    [
        content_of(grading_policy=toy_policy(cutoffs={"A": 0.91})),
        content_of(algorithm=Algorithm.EDX_2022),
    ],
    ids=["policy", "algorithm"],
)
async def test_policy_and_algorithm_are_part_of_the_version(
    database: str, changed: CourseContent
) -> None:
    first = await publish(content_of(), now=NOW)

    second = await publish(changed, now=LATER)

    assert second.version_id != first.version_id
    assert (await present_courses([COURSE]))[COURSE].content == changed


async def test_a_former_version_published_again_is_present_again(database: str) -> None:
    first = await publish(content_of(), now=NOW)
    await publish(content_of([subsection("exam", "Exam")]), now=LATER)

    again = await publish(content_of(), now=LATER + timedelta(hours=1))

    assert again.version_id == first.version_id
    assert len(await versions_in_store()) == 2
    assert (await present_courses_by_id([first.id]))[first.id].version_id == first.version_id


async def test_grades_keep_the_version_that_they_were_computed_under(database: str) -> None:
    course = await publish_content()
    (learner_id,) = await enroll(course)
    await record(course, learner_id, {"hw1_1": 1})
    grades = await rows("select * from course_grade")
    parts = await rows("select * from subsection_grade")

    await publish(content_of([subsection("exam", "Exam")]), now=LATER)

    assert await rows("select * from course_grade") == grades
    assert await rows("select * from subsection_grade") == parts
    assert await rows("select course_version_id from course_grade") == [(course.version_id,)]


async def test_blocks_that_are_gone_keep_their_numbers(database: str) -> None:
    first = await publish(content_of(), now=NOW)

    second = await publish(content_of([subsection("exam", "Exam")]), now=LATER)

    assert second.block_ids == first.block_ids
    assert second.usage_keys[first.block_ids[problem_key("hw1_1")]] == problem_key("hw1_1")


async def test_sections_subsections_and_problems_have_numbers_and_nothing_else(
    database: str,
) -> None:
    course = await publish_content()

    assert course.block_ids.keys() == {
        block("chapter", "all"),
        *(subsection_key(name) for name in ("hw1", "hw2", "exam")),
        *(problem_key(name) for name in ("hw1_1", "hw1_2", "hw2_1", "hw2_2", "exam_1")),
    }


async def test_content_is_read_back_as_it_was_published(database: str) -> None:
    policy = parse_policy(ODD_POLICY)
    content = CourseContent(
        STRUCTURE,
        policy,
        Algorithm.EDX_2022,
        content_version(STRUCTURE, policy, Algorithm.EDX_2022),
    )

    published = await publish(content, now=NOW)
    read = (await present_courses([COURSE]))[COURSE]

    for course in (published, read):
        assert course.content == content
        assert course.content.policy.source == policy.source
        assert course.content.policy.hash == policy.hash
        assert [one.letter_grade for one in course.content.policy.cutoffs] == [
            *("Gut", "A", "Pass", "Bestanden")
        ]
        assert course.content.structure.end == STRUCTURE.end
        assert course.short_labels == short_labels(content)
        assert (
            content_version(course.content.structure, policy, Algorithm.EDX_2022) == content.version
        )


async def test_two_publishers_of_the_same_content_make_one_version(database: str) -> None:
    published = await asyncio.gather(*(publish(content_of(), now=NOW) for _ in range(8)))

    assert len({course.version_id for course in published}) == 1
    assert len(await versions_in_store()) == 1
    assert len(await rows("select id from course")) == 1


async def test_publishers_of_different_contents_leave_one_of_them_whole(database: str) -> None:
    contents = [
        content_of([subsection(f"hw{number}", "Homework", problems=2)]) for number in range(8)
    ]

    published = await asyncio.gather(*(publish(content, now=NOW) for content in contents))

    assert [course.content for course in published] == contents
    assert len(await versions_in_store()) == 8
    present = (await present_courses([COURSE]))[COURSE]
    assert present.content in contents
    blocks = {row[0] for row in await rows("select usage_key from block")}
    assert {key for content in contents for key in content.problems} <= blocks
    assert present.content.problems.keys() <= present.block_ids.keys()


async def test_publishers_of_the_same_blocks_in_another_order_do_not_lock_each_other(
    database: str,
) -> None:
    subsections = [subsection(f"hw{number}", "Homework", problems=50) for number in range(10)]
    contents = [content_of(subsections), content_of(subsections[::-1])] * 3
    # Else whoever makes the course makes the blocks as well, while the others wait.
    await publish(content_of([]), now=NOW)
    everyone = asyncio.Barrier(len(contents) if dialect() == "postgres" else 1)

    async def connect() -> None:
        async with transaction():
            await everyone.wait()

    await asyncio.gather(*(connect() for _ in contents))

    published = await asyncio.gather(*(publish(content, now=NOW) for content in contents))

    assert [course.content for course in published] == contents
    assert await rows("select count(*) from block") == [(511,)]


async def test_a_version_is_read_once(database: str, statements: list[str]) -> None:
    await publish(content_of(), now=NOW)
    await present_courses([COURSE])
    statements.clear()

    first = await present_courses([COURSE])
    second = await present_courses_by_id([first[COURSE].id])

    assert [sql.split(" from ")[1].split()[0] for sql in statements] == [
        "course",
        "course",
    ]
    assert second[first[COURSE].id] is first[COURSE]


async def test_a_version_that_others_published_is_noticed_at_once(
    database: str, statements: list[str]
) -> None:
    await publish(content_of(), now=NOW)
    before = (await present_courses([COURSE]))[COURSE]
    other = content_of([subsection("exam", "Exam")])

    await publish(other, now=LATER)

    assert (await present_courses([COURSE]))[COURSE].content == other
    (again,) = await versions_by_name([before.id], [before.content.version])
    assert again is before


async def test_what_is_kept_is_kept_for_one_database(
    database_url: str, tmp_path: Path, sqlite_template: Path
) -> None:
    other_path = tmp_path / "other.sqlite3"
    shutil.copyfile(sqlite_template, other_path)
    async with connected(database_url):
        first = await publish(content_of(), now=NOW)
        assert (await present_courses([COURSE]))[COURSE].content == content_of()
    other = content_of([subsection("exam", "Exam")])
    async with connected(f"sqlite:///{other_path}"):
        second = await publish(other, now=NOW)
        assert second.version_id == first.version_id
        assert (await present_courses([COURSE]))[COURSE].content == other


async def test_a_version_that_was_not_stored_after_all_is_forgotten(database: str) -> None:
    async def publish_in_vain() -> StoredCourse:
        async with transaction():
            await publish(content_of(), now=NOW)
            (read,) = (await present_courses([COURSE])).values()
            assert read.content == content_of()
            raise KeyError

    with pytest.raises(KeyError):
        await publish_in_vain()
    assert await present_courses([COURSE]) == {}
    other = content_of([subsection("exam", "Exam")])

    # SQLite gives the number of the version that was undone to this one.
    assert (await publish(other, now=NOW)).content == other
    assert (await present_courses([COURSE]))[COURSE].content == other


async def test_a_failing_publish_leaves_nothing(database: str) -> None:
    broken = replace(content_of(), version="v" * 41)
    if database.startswith("sqlite"):
        broken = replace(content_of(), version=None)  # type: ignore[arg-type]

    with pytest.raises(Exception, match=r"too long|NOT NULL"):
        await publish(broken, now=NOW)

    for table in ("course", "course_version", "course_publication", "block"):
        assert await rows(f"select * from {table}") == []


async def test_courses_that_do_not_exist_are_left_out(database: str) -> None:
    course = await publish_content()
    nowhere = CourseKey("course-v1:No+Such+Course")

    assert (await present_courses([COURSE, nowhere])).keys() == {COURSE}
    assert (await present_courses_by_id([course.id, 4711])).keys() == {course.id}
    assert await versions_by_name([course.id], ["unheard of"]) == []
    assert await present_courses([]) == {}
    assert await course_versions([]) == {}


async def test_courses_do_not_share_blocks_or_versions(database: str) -> None:
    other_key = CourseKey("course-v1:edX+Other+2026")
    first = await publish(content_of(), now=NOW)
    second = await publish(content_of(course_key=other_key), now=NOW)

    assert first.id != second.id
    assert not set(first.block_ids.values()) & set(second.block_ids.values())
    read = await present_courses([COURSE, other_key])
    assert {key: course.id for key, course in read.items()} == {
        COURSE: first.id,
        other_key: second.id,
    }
    assert await versions_by_name([second.id], [first.content.version]) == []
