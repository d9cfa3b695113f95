"""What the databases themselves know of our rules, and what they refuse."""

import math
from typing import Any

import pytest
from tortoise import Tortoise

from db.connection import connected, dialect
from db.errors import IntegrityError
from db.make_migration import unwritten_changes
from db.migrate import pending
from db.sql import execute, fetch
from tests.factories import COURSE, NOW, content_of, enroll, publish_content, record

pytestmark = pytest.mark.slow  # each test migrates a database

TABLES = (
    *("course", "course_version", "course_publication", "block", "learner", "enrollment"),
    *("problem_score", "subsection_grade", "course_grade", "grade_event", "event_log_state"),
    *("course_role", "override_entry", "first_answer", "grade_job", "job_chunk", "job_error"),
    *("job_export", "job_file_part", "job_import", "import_line"),
    "webhook",
)
CHECKS = {
    ("learner", "learner_id_positive"),
    ("learner", "learner_username_given"),
    ("course_version", "course_version_algorithm_known"),
    ("problem_score", "problem_score_earned_range"),
    ("problem_score", "problem_score_possible_range"),
    ("subsection_grade", "subsection_grade_finite"),
    ("subsection_grade", "subsection_grade_version_positive"),
    ("course_grade", "course_grade_finite"),
    ("course_grade", "course_grade_version_positive"),
    ("course_grade", "course_grade_passed_at_known"),
    ("course_grade", "course_grade_algorithm_known"),
    ("grade_event", "grade_event_kind_known"),
    ("grade_job", "grade_job_kind_known"),
    ("job_export", "job_export_format_known"),
    ("grade_job", "grade_job_state_known"),
    ("grade_job", "grade_job_counts"),
    ("job_chunk", "job_chunk_state_known"),
    ("job_chunk", "job_chunk_leased"),
    ("event_log_state", "event_log_state_one_row"),
    ("subsection_grade", "subsection_grade_override_range"),
    ("subsection_grade", "subsection_grade_override_whole"),
    ("subsection_grade", "subsection_grade_percent_finite"),
    ("override_entry", "override_entry_action_known"),
    ("course_role", "course_role_given"),
    ("course_publication", "course_publication_freeze_dated"),
    ("grade_job", "grade_job_kind_known"),
    ("grade_job", "grade_job_state_known"),
    ("grade_job", "grade_job_counts"),
    ("job_chunk", "job_chunk_state_known"),
    ("job_chunk", "job_chunk_leased"),
    ("webhook", "webhook_kind_known"),
    ("webhook", "webhook_state_known"),
    ("webhook", "webhook_batch_size_range"),
    ("webhook", "webhook_failing_dated"),
}
OVERRIDDEN = (
    "CREATE INDEX subsection_grade_overridden ON public.subsection_grade USING btree"
    " (course_id, learner_id, block_id) WHERE (overridden_at IS NOT NULL)"
)
OPEN_CHUNKS = (
    "CREATE INDEX job_chunk_open ON public.job_chunk USING btree (id)"
    " WHERE ((state)::text <> 'DONE'::text)"
)
POINTS = ("earned_all", "possible_all", "earned_graded", "possible_graded")


async def test_every_check_is_in_the_catalogue(database: str) -> None:
    if dialect() == "postgres":
        found = await fetch(
            "select conrelid::regclass::text, conname from pg_constraint"
            " where contype = 'c' and connamespace = 'public'::regnamespace and convalidated"
        )
        assert {(row[0], row[1]) for row in found} == CHECKS
        return
    for table in TABLES:
        ((definition,),) = await fetch(
            "select sql from sqlite_master where type = 'table' and name = $1", table
        )
        expected = {name for of, name in CHECKS if of == table}
        named = {name for _, name in CHECKS if f'constraint "{name}" check (' in definition}
        assert named == expected
        assert definition.lower().count(" check ") == len(expected)


async def catalogue() -> dict[str, set[Any]]:
    """Return each table's columns, keys and references, as this engine describes them."""
    found: dict[str, set[Any]] = {}
    for table in TABLES:
        if dialect() == "postgres":
            columns = await fetch(
                "select column_name, data_type, character_maximum_length, is_nullable,"
                " column_default, is_identity from information_schema.columns"
                " where table_name = $1",
                table,
            )
            keys = await fetch("select indexdef from pg_indexes where tablename = $1", table)
            references = await fetch(
                "select pg_get_constraintdef(oid) from pg_constraint"
                " where conrelid = $1::text::regclass and contype <> 'c'",
                table,
            )
            found[table] = {tuple(row) for row in [*columns, *keys, *references]}
        else:
            columns = await fetch(
                'select name, type, "notnull", dflt_value, pk from pragma_table_info($1)', table
            )
            references = await fetch(
                'select "table", "from", "to", on_update, on_delete'
                " from pragma_foreign_key_list($1)",
                table,
            )
            indexes = await fetch(
                'select l."unique", l.origin, group_concat(i.name) from pragma_index_list($1) l,'
                " pragma_index_info(l.name) i group by l.name",
                table,
            )
            found[table] = {tuple(row) for row in [*columns, *references, *indexes]}
    return found


async def test_a_migrated_database_is_what_the_models_say(
    database_url: str, blank_url: str, engine: str
) -> None:
    async with connected(database_url):
        migrated = await catalogue()
    async with connected(blank_url):
        await Tortoise.generate_schemas(safe=False)
        fresh = await catalogue()

    assert all(fresh.values())
    # A model cannot say that PostgreSQL fills in the number of the transaction, nor that an
    # index is of some rows only.
    only_migrated = {row for table in TABLES for row in migrated[table] - fresh[table]}
    only_fresh = {row for table in TABLES for row in fresh[table] - migrated[table]}
    if engine == "postgres":
        xid = ("xid", "bigint", None, "NO")
        assert only_migrated == {
            (*xid, "((pg_current_xact_id())::text)::bigint", "NO"),
            (OVERRIDDEN,),
            (OPEN_CHUNKS,),
        }
        assert only_fresh == {(*xid, "0", "NO")}
    else:
        overridden = (0, "c", "course_id,learner_id,block_id")
        open_chunks = (0, "c", "id")
        assert (only_migrated, only_fresh) == ({overridden, open_chunks}, set())


async def test_no_change_of_a_model_lacks_its_migration() -> None:
    assert await unwritten_changes() == []


async def test_a_migrated_database_lacks_no_migration(database_url: str) -> None:
    assert await pending(database_url) == []


@pytest.fixture
async def graded(database: str) -> str:
    """A database in which Ada has a score, a subsection grade and a course grade."""
    course = await publish_content()
    (ada, _) = await enroll(course, 2)
    await record(course, ada, {"hw1_1": 1})
    return database


async def refused(sql: str, *args: object) -> None:
    with pytest.raises(IntegrityError):
        await execute(sql, *args)


@pytest.mark.parametrize("column", ["percent", "unrounded"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.1e300])
async def test_a_course_grade_is_a_finite_number(graded: str, column: str, value: float) -> None:
    await refused(f"update course_grade set {column} = $1", value)


@pytest.mark.parametrize("column", POINTS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.1e300])
async def test_a_subsection_grade_is_made_of_finite_numbers(
    graded: str, column: str, value: float
) -> None:
    await refused(f"update subsection_grade set {column} = $1", value)


@pytest.mark.parametrize("value", [math.inf, -math.inf, -5e-324, 1.0000000000000002e12])
@pytest.mark.parametrize("column", ["earned", "possible"])
async def test_points_are_from_0_to_a_million_millions(
    graded: str, column: str, value: float
) -> None:
    await refused(f"update problem_score set {column} = $1", value)


async def test_points_possible_are_a_number(graded: str) -> None:
    await refused("update problem_score set possible = $1", math.nan)
    if dialect() == "postgres":
        # SQLite takes NaN for null, and earned null is a score taken back: the resolvers refuse it.
        await refused("update problem_score set earned = $1", math.nan)


@pytest.mark.parametrize("table", ["course_grade", "subsection_grade"])
@pytest.mark.parametrize("version", [0, -1])
async def test_versions_begin_at_1(graded: str, table: str, version: int) -> None:
    await refused(f"update {table} set version = $1", version)


async def test_who_passed_did_so_at_some_time(graded: str) -> None:
    await refused("update course_grade set passed = $1, passed_at = null", True)
    assert await execute("update course_grade set passed = $1, passed_at = $2", True, NOW) == 1


async def test_algorithms_are_known_ones(graded: str) -> None:
    await refused("update course_grade set algorithm = 'EDX_2023'")
    await refused("update course_version set algorithm = ''")


async def test_kinds_of_events_are_known_ones(graded: str) -> None:
    await refused("update grade_event set kind = 'COURSE_GRADE_NOW_NEITHER'")


async def test_the_log_has_one_state(graded: str) -> None:
    await refused(
        "insert into event_log_state (id, epoch, retained_xid, retained_id) values (2, 'e', 0, 0)"
    )
    await refused("update event_log_state set id = 2")
    assert await fetch("select count(*) from event_log_state") == [(1,)]


async def test_learners_have_positive_ids_and_names(graded: str) -> None:
    insert = "insert into learner (id, username, created_at, updated_at) values ($1, $2, $3, $3)"
    await refused(insert, 0, "nobody", NOW)
    await refused(insert, -1, "nobody", NOW)
    await refused(insert, 9, "", NOW)


REFERENCES = [
    ("course_version", "course_id"),
    ("course_publication", "version_id"),
    ("block", "course_id"),
    *(
        (table, column)
        for table in (
            *("enrollment", "problem_score", "subsection_grade", "course_grade", "grade_event"),
        )
        for column in ("course_id", "learner_id")
    ),
    ("problem_score", "block_id"),
    *(("subsection_grade", column) for column in ("block_id", "course_version_id")),
    ("course_grade", "course_version_id"),
]


@pytest.mark.parametrize(("table", "column"), REFERENCES)
async def test_a_reference_to_nothing_is_refused(graded: str, table: str, column: str) -> None:
    await refused(f"update {table} set {column} = 4711")


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("course", "key, created_at"),
        ("course_version", "course_id, version, structure, policy, algorithm, created_at"),
        ("course_publication", "course_id, version_id, published_at"),
        ("block", "course_id, usage_key"),
        ("enrollment", "course_id, learner_id, active, created_at"),
        (
            "problem_score",
            "course_id, learner_id, block_id, possible, scored_at, first_scored_at, updated_at",
        ),
        (
            "subsection_grade",
            (
                f"course_id, learner_id, block_id, course_version_id, {', '.join(POINTS)},"
                " visible_blocks_hash, version, updated_at"
            ),
        ),
        (
            "course_grade",
            (
                "course_id, learner_id, course_version_id, percent, unrounded, passed, algorithm,"
                " grading_policy_hash, version, updated_at"
            ),
        ),
    ],
)
async def test_nothing_is_there_twice(graded: str, table: str, columns: str) -> None:
    ((before,),) = await fetch(f"select count(*) from {table}")
    assert before > 0

    await refused(f"insert into {table} ({columns}) select {columns} from {table}")

    assert await fetch(f"select count(*) from {table}") == [(before,)]


@pytest.mark.parametrize("table", ["course", "course_version", "block", "learner"])
async def test_what_grades_hang_on_cannot_be_deleted(graded: str, table: str) -> None:
    await refused(f"delete from {table}")

    for kept in (table, "problem_score", "subsection_grade", "course_grade", "grade_event"):
        assert (await fetch(f"select count(*) from {kept}"))[0][0] > 0


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("course_grade", "learner_id"),
        ("course_grade", "unrounded"),
        ("course_grade", "passed"),
        ("subsection_grade", "earned_all"),
        ("problem_score", "possible"),
        ("problem_score", "scored_at"),
        ("learner", "username"),
        ("course_version", "policy"),
        ("grade_event", "xid"),
        ("grade_event", "payload"),
        ("grade_event", "correlation_id"),
        ("event_log_state", "epoch"),
    ],
)
async def test_what_is_never_missing_cannot_be_null(graded: str, table: str, column: str) -> None:
    await refused(f"update {table} set {column} = null")


async def test_a_course_key_is_there_once(graded: str) -> None:
    await refused("insert into course (key, created_at) values ($1, $2)", COURSE, NOW)
    assert (await publish_content(content_of())).key == COURSE
