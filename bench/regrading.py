"""A forced regrade of a class: CourseGrade, the least that it consists of, and objects."""

import asyncio
import cProfile
import gc
import json
import sys
import time
from datetime import UTC, datetime
from typing import Final

from bench.bulk_write import write_in_bulk
from bench.classroom import enroll_class, scores
from bench.databases import empty_database
from bench.processes import LOAD, ROOT, SERVERS, on_core
from bench.profiled import seconds_by_package
from bench.results import Result
from bench.rounds import Clock, Plan, Round
from bench.spending import Spent
from bench.subject import ARITHMETIC, BULK_WRITE, FLOOR, OBJECTS, OURS, REGRADE
from bench.workloads import SUBSECTIONS
from db.course_grades import course_grades_write
from db.courses import StoredCourse
from db.event_log import Origin, events_write
from db.sql import execute, fetch
from db.subsection_grades import subsection_grades_write
from db.together import Write
from db.transaction import transaction
from db.upsert import Upsert
from grading import Cause, LearnerId, LearnerRecord, RecordedScore, Regraded, UsageKey, regrade
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.course_grades import iterate

NOW: Final = datetime(2026, 12, 18, tzinfo=UTC)
ORIGIN: Final = Origin(Cause.GRADE_UPDATED, None, "bench")
EMPTY: Final = (
    "delete from grade_event",
    "delete from subsection_grade",
    "delete from course_grade",
)
COUNT: Final = (
    "select (select count(*) from grade_event), (select count(*) from subsection_grade),"
    " (select count(*) from course_grade)"
)


async def measure(engine: str, plan: Plan) -> Result:
    """Regrade a class by each of them, in turns; figures are those of one learner."""
    # Threads stay on the core on which SQLite starts them.
    with on_core(LOAD if engine == "postgres" else SERVERS):
        async with empty_database(engine) as url:
            with on_core(SERVERS):
                return await _measured(engine, url, plan)


async def _measured(engine: str, url: str, plan: Plan) -> Result:
    course = await enroll_class(plan.learners, SUBSECTIONS)
    learner_ids = [LearnerId(number) for number in range(1, 1 + plan.learners)]
    records = learner_records(course, learner_ids)
    if engine == "postgres":
        await execute("analyze")
    gc.collect()
    gc.freeze()  # what is in memory here is nobody's: it would slow down whoever makes garbage
    rounds: dict[str, list[Round]] = {
        name: [] for name in (OURS, FLOOR, ARITHMETIC, BULK_WRITE, OBJECTS)
    }
    for _ in range(plan.regrades):
        await _empty()
        ours = await _regrade(course)
        written = await _rows()
        with Clock() as arithmetic:
            regraded = compute(course, records)
        await _empty()
        bulk = await write_in_bulk(url, writes_of(course, regraded))
        if await _rows() != written:
            raise SystemExit(f"The floor has not written what {OURS} has: {written} rows.")
        await _empty()
        objects = await _objects(url, course, plan.sample)
        for name, clock, count in (
            (OURS, ours, plan.learners),
            (FLOOR, arithmetic + bulk, plan.learners),
            (ARITHMETIC, arithmetic, plan.learners),
            (BULK_WRITE, bulk, plan.learners),
            (OBJECTS, objects, plan.sample),
        ):
            rounds[name].append(_round(clock, count, plan.learners))
    await _empty()
    return Result.of(engine, REGRADE, rounds, {}, await _spent(course))


def _round(clock: Clock, count: int, learners: int) -> Round:
    """Sum up a regrade of ``count`` learners; the latency is scaled to all of them."""
    return Round(
        rate=count / clock.seconds,
        cpu=clock.cpu / count * 1_000_000,
        latencies=[clock.seconds / count * learners],
    )


async def _empty() -> None:
    async with transaction():
        for statement in EMPTY:
            await execute(statement)


async def _rows() -> tuple[int, ...]:
    (counts,) = await fetch(COUNT)
    return tuple(counts)


async def _regrade(course: StoredCourse) -> Clock:
    context = Context(Viewer("bench", global_staff=True), lambda: NOW)
    with Clock() as clock:
        async for results in iterate(context, course, force=True):
            failed = [result for result in results if result.error is not None]
            if failed:
                raise SystemExit(f"{len(failed)} learners have no grade: {failed[0].error}")
    return clock


async def _spent(course: StoredCourse) -> Spent:
    profile = cProfile.Profile(time.thread_time)
    begun = time.thread_time()
    with profile:
        await _regrade(course)
    return seconds_by_package(profile, time.thread_time() - begun)


async def _objects(url: str, course: StoredCourse, count: int) -> Clock:
    # Tortoise knows one set of models in a process.
    command = ("-m", "bench.peers.naive.regrading", url, str(course.version_id), str(count))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    if process.returncode:
        raise SystemExit("The regrade of objects failed.")
    return Clock(**json.loads(printed))


def learner_records(
    course: StoredCourse, learner_ids: list[LearnerId]
) -> dict[LearnerId, LearnerRecord]:
    """Return what the database has of these learners, who were never graded."""
    found: dict[LearnerId, dict[UsageKey, RecordedScore]] = {}
    for new in scores(course, learner_ids):
        found.setdefault(new.learner_id, {})[new.usage_key] = new.score
    return {learner_id: LearnerRecord(scores=known) for learner_id, known in found.items()}


def compute(
    course: StoredCourse, records: dict[LearnerId, LearnerRecord]
) -> dict[LearnerId, Regraded]:
    """Do the arithmetic alone."""
    everything = tuple(course.content.subsections)
    return {
        learner_id: regrade(course.content, learner_id, record, recompute=everything, now=NOW)
        for learner_id, record in records.items()
    }


def writes_of(course: StoredCourse, regraded: dict[LearnerId, Regraded]) -> list[Write[Upsert]]:
    """Return the very rows that CourseGrade writes."""
    cells = [
        (learner_id, grade)
        for learner_id, one in regraded.items()
        for grade in one.subsection_grades_to_store
    ]
    grades = [one.course_grade_to_store for one in regraded.values() if one.course_grade_to_store]
    changes = [change for one in regraded.values() for change in one.changes]
    return [
        subsection_grades_write(course, cells),
        course_grades_write(course, grades),
        events_write(course.id, changes, ORIGIN, now=NOW),
    ]
