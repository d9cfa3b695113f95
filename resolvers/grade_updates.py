"""Updating grades that somebody asks for: who is meant, what is wrong with them, what came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from db.courses import StoredCourse
from db.learners import Learner
from grading import DuplicateItem, GradingError, InvalidInput, LearnerId, TooManyItems
from resolvers import access, course_grades, gradebook
from resolvers.context import Context
from resolvers.enrolled_learners import enrolled_learners
from resolvers.first_answers import RequestKey, first_time, once
from resolvers.grade_jobs import GradeJob, find_job, start_regrade
from resolvers.gradebook_filter import ALL_ACTIVE, GradebookFilter
from resolvers.kept_outcomes import course_grade_body, course_grade_of, error_body, error_of
from resolvers.learners import LearnerRef, require_learner
from resolvers.regrading import GradeResult

MAX_AT_ONCE = 100  # learners; more are a job
MAX_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class GradeUpdate:
    """What one update came to, and what its events are found by."""

    result: GradeResult
    correlation_id: str


async def update(  # noqa: PLR0913 - whom, how, and under which conditions
    context: Context,
    course: StoredCourse,
    ref: LearnerRef,
    *,
    force: bool,
    if_version: str | None = None,
    key: RequestKey | None = None,
) -> GradeUpdate:
    """Recompute and store one learner's course grade.

    :raises Forbidden: if the viewer may not change grades.
    :raises LearnerNotFound: if there is no such learner that the viewer may know of.
    :raises LearnerNotEnrolled: if the learner was never enrolled.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises VersionConflict: if the stored grade has another version than ``if_version``.
    :raises IdempotencyKeyReused: if something else was asked for under ``key``.
    """
    access.require_grades_editor(context.viewer, course.key)

    async def act() -> GradeUpdate:
        own = context.for_change()

        def pack(results: list[GradeResult]) -> object:
            return {"correlation_id": own.correlation_id, "results": [*map(_body, results)]}

        learner = await require_learner(own, ref, course)
        first = first_time(own, key, pack)
        result = await course_grades.update(
            own, course, learner.id, force=force, if_version=if_version, first=first
        )
        return GradeUpdate(result, own.correlation_id)

    async def restore(body: dict[str, Any]) -> GradeUpdate:
        (result,) = body["results"]
        return GradeUpdate(_result_of(result), body["correlation_id"])

    return await once(context, key, act, restore)


@dataclass(frozen=True, slots=True)
class GradeUpdates:
    """What updates of many came to: a result each, or the job that they became.

    Of a job only those have a result who could not be meant; None stands for each of the others.
    """

    results: Sequence[GradeResult | GradingError | None]
    job: GradeJob | None = None


async def update_many(  # noqa: PLR0913 - whom, how, and under which conditions
    context: Context,
    course: StoredCourse,
    refs: Sequence[LearnerRef | GradingError] | None,
    *,
    wanted: GradebookFilter | None = None,
    force: bool,
    key: RequestKey | None = None,
) -> GradeUpdates:
    """Recompute and store the grades of these learners, or of all whom a filter lets through.

    Without a filter these are all active ones. More than 100 become a job.

    Each has a result, in the order of ``refs``; who is not among the course's learners has only
    the reason. One who fails never stops the rest.

    :raises Forbidden: if the viewer may not change grades.
    :raises InvalidInput: if both are given, or no learner could be what is asked for.
    :raises TooManyItems: if more than 1,000 learners are named.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises IdempotencyKeyReused: if something else was asked for under ``key``.
    """
    access.require_grades_editor(context.viewer, course.key)

    async def act() -> GradeUpdates:
        own = context.for_change()
        found = await _learners(own, course, refs, wanted)
        learner_ids = [one for one in found if not isinstance(one, GradingError)]
        if len(learner_ids) > MAX_AT_ONCE:
            refusals = [one if isinstance(one, GradingError) else None for one in found]

            def pack_job(job: GradeJob) -> object:
                return {"job": job.id, "refusals": _refusals(found)}

            kept = first_time(own, key, pack_job)
            job = await start_regrade(own, course, learner_ids, force=force, first=kept)
            return GradeUpdates(refusals, job)

        def among_all(results: list[GradeResult]) -> list[GradeResult | GradingError]:
            by_id = {result.learner_id: result for result in results}
            return [one if isinstance(one, GradingError) else by_id[one] for one in found]

        def pack(results: list[GradeResult]) -> object:
            return [*map(_body, among_all(results))]

        first = first_time(own, key, pack)
        updated = await course_grades.update_many(
            own, course, learner_ids, force=force, first=first
        )
        return GradeUpdates(among_all(updated))

    async def restore(body: Any) -> GradeUpdates:  # noqa: ANN401 - what JSON can say
        if isinstance(body, list):
            return GradeUpdates([_outcome_of(one) for one in body])
        refusals = [None if one is None else error_of(one) for one in body["refusals"]]
        return GradeUpdates(refusals, await find_job(context, body["job"]))

    return await once(context, key, act, restore)


def _refusals(found: Sequence[LearnerId | GradingError]) -> list[object]:
    return [error_body(one) if isinstance(one, GradingError) else None for one in found]


async def _learners(
    context: Context,
    course: StoredCourse,
    refs: Sequence[LearnerRef | GradingError] | None,
    wanted: GradebookFilter | None,
) -> list[LearnerId | GradingError]:
    if refs is not None and wanted is not None:
        raise InvalidInput("Name learners or give a filter, not both.", field=["filter"])
    if refs is None:
        return [*await gradebook.read_learner_ids(context, course, wanted or ALL_ACTIVE)]
    if len(refs) > MAX_NAMED:
        raise TooManyItems(
            f"{len(refs)} learners are more than {MAX_NAMED:,}; say which with a filter.",
            field=["learners"],
        )
    met: set[LearnerId] = set()
    found = await enrolled_learners(context, course, refs)
    return [_learner_id_or_refusal(one, met) for one in found]


def _learner_id_or_refusal(
    found: Learner | GradingError, met: set[LearnerId]
) -> LearnerId | GradingError:
    if isinstance(found, GradingError):
        found.field = None
        return found
    if found.id in met:
        return DuplicateItem("This learner is named twice.")
    met.add(found.id)
    return found.id


def _body(outcome: GradeResult | GradingError) -> dict[str, object]:
    if isinstance(outcome, GradingError):
        return {"error": error_body(outcome)}
    return {
        "learner_id": outcome.learner_id,
        "course_grade": None
        if outcome.course_grade is None
        else course_grade_body(outcome.course_grade),
        "failure": None if outcome.error is None else error_body(outcome.error),
    }


def _outcome_of(body: dict[str, Any]) -> GradeResult | GradingError:
    return error_of(body["error"]) if "error" in body else _result_of(body)


def _result_of(body: dict[str, Any]) -> GradeResult:
    grade, failure = body["course_grade"], body["failure"]
    return GradeResult(
        body["learner_id"],
        None if grade is None else course_grade_of(grade),
        None if failure is None else error_of(failure),
    )
