"""Importing overrides: what a chunk of a job makes of the lines about its learners."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from db.courses import StoredCourse
from db.event_log import Origin
from db.grade_imports import (
    ImportedLine,
    ImportManner,
    import_manner,
    keep_changes,
    lines_of_learners,
)
from db.grade_jobs import GradeJob
from grading import (
    ComputationFailed,
    GradingError,
    LearnerId,
    LearnerRecord,
    OverrideSystem,
    Points,
    Regraded,
    UsageKey,
)
from resolvers.override_ledger import OverrideChange, OverrideLedger, OverrideValues
from resolvers.override_recording import save_changes
from resolvers.regrading import learner_records, regrade_records


async def import_chunk(
    job: GradeJob, course: StoredCourse, learner_ids: Sequence[LearnerId], *, now: datetime
) -> tuple[int, dict[LearnerId, GradingError]]:
    """Set the overrides of these learners' lines; return how many changed, and who was refused.

    A line is done wholly or not at all. To be called in the grade transaction that settles the
    chunk.
    """
    manner = await import_manner(job.id)
    lines = await lines_of_learners(job.id, learner_ids)
    records = await learner_records(course, learner_ids, with_scores=True)
    ledger = OverrideLedger(course, records, job.actor, now)
    failures: dict[LearnerId, GradingError] = {}
    for line in lines:
        _take(ledger, line, manner, failures)
    regraded, errors = regrade_records(
        course,
        records,
        dict.fromkeys(ledger.overrides, ()),
        overrides=ledger.overrides,
        now=now,
    )
    failures |= errors
    # Together they are one chunk: split after a failure, or with a line refused, they are undone.
    spoiled = manner.all_or_nothing and (
        bool(failures) or job.failed > 0 or len(learner_ids) < job.total
    )
    if spoiled:
        undone = ComputationFailed("Nothing was imported, because another line was refused.")
        failures = dict.fromkeys(learner_ids, undone) | failures
        regraded = {}
    elif not manner.dry_run:
        await save_changes(ledger, regraded, Origin(job.cause, job.actor, job.correlation_id))
    changes = {
        line.id: _changes(line, records[line.learner_id], regraded.get(line.learner_id))
        for line in lines
        if line.learner_id is not None and line.learner_id not in failures
    }
    await keep_changes(changes)
    return sum(bool(one["grades"]) for one in changes.values()), failures


def _take(
    ledger: OverrideLedger,
    line: ImportedLine,
    manner: ImportManner,
    failures: dict[LearnerId, GradingError],
) -> None:
    learner_id = line.learner_id
    if learner_id is None:
        return
    stored = ledger.records[learner_id].subsection_grades
    for usage_key, points in line.wanted.items():
        grade = stored.get(usage_key)
        override = None if grade is None else grade.override
        if points == (None if override is None else override.earned_graded):
            continue  # as it is already, whoever said so
        refusal = ledger.take(
            OverrideChange(
                learner_id,
                usage_key,
                None if points is None else OverrideValues(points),
                OverrideSystem.BULK_IMPORT,
                manner.reason,
            )
        )
        if isinstance(refusal, GradingError):
            failures[learner_id] = refusal
            ledger.overrides.pop(learner_id, None)
            return


def _changes(
    line: ImportedLine, before: LearnerRecord, after: Regraded | None
) -> Mapping[str, Any]:
    grades: dict[UsageKey, Any] = {}
    old = None if before.course_grade is None else before.course_grade.percent
    if after is None:
        return {"grades": grades, "before": old, "after": old}
    for usage_key in line.wanted:
        stored = before.subsection_grades.get(usage_key)
        was = None if stored is None or not stored.engaged else stored.graded_total
        grade = after.subsection_grades[usage_key]
        becomes = grade.graded_total if grade.engaged else None
        if stored is None or stored.override != grade.override:
            grades[usage_key] = [
                None if one is None else Points(one.earned, one.possible)._asdict()
                for one in (was, becomes)
            ]
    return {"grades": grades, "before": old, "after": after.course_grade.percent}
