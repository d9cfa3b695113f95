"""Changing a course's grading policy: looked at first, then applied with a regrade."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from db import courses
from db.course_grades import graded_ids
from db.courses import StoredCourse, present_courses_by_id
from db.transaction import transaction
from grading import (
    Cause,
    ComputationFailed,
    CourseContent,
    EffectOnGrades,
    GradingPolicy,
    LearnerId,
    PolicyConflict,
    PreviewedGrade,
    content_version,
    policy_of,
    preview,
)
from resolvers import access
from resolvers.context import Context
from resolvers.courses import freeze
from resolvers.grade_jobs import GradeJob, enqueue
from resolvers.regrading import learner_records

_PAGE: Final = 500  # learners looked at together
_SHOWN: Final = 100  # learners whose letter or pass would change, named one by one


@dataclass(frozen=True, slots=True)
class AssignmentTypeRow:
    """What somebody wants a row of the policy to be."""

    name: str
    short_label: str | None
    weight: float
    min_count: int
    drop_count: int


@dataclass(frozen=True, slots=True)
class WantedPolicy:
    """The policy that somebody wants: its rows, and the letters with their cutoffs."""

    types: Sequence[AssignmentTypeRow]
    cutoffs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """What a change would come to.

    ``course`` is as it is now; ``shown`` are the first learners whose letter or pass
    would be another; ``failed`` is how many grades could not be computed.
    """

    course: StoredCourse
    counts: EffectOnGrades
    shown: tuple[PreviewedGrade, ...]
    failed: int


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A course with its new policy, and the job that regrades whoever is concerned.

    Before it is applied there is an effect instead of a job.
    """

    course: StoredCourse
    job: GradeJob | None = None
    effect: PolicyEffect | None = None


async def change_policy(
    context: Context,
    course: StoredCourse,
    wanted: WantedPolicy,
    *,
    if_hash: str | None = None,
    regrade: bool = True,
) -> PolicyChange:
    """Make this the course's policy, and have everybody regraded who has a grade.

    The policy and the job are stored together: no crash leaves one without the other. The same
    policy again is no news.

    :raises Forbidden: if the viewer may not change how the course is graded.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises InvalidGradingPolicy: if it cannot grade anything; all its faults are named.
    :raises PolicyConflict: if the present policy is not the one that the change was made from.
    """
    access.require_course_editor(context.viewer, course.key)
    now = context.now()
    async with transaction():
        await courses.lock_course(course.id)
        present = (await present_courses_by_id([course.id]))[course.id]
        freeze(context, present).require_open(now)
        _require_hash(present, if_hash)
        content = content_with(present, wanted)
        published = await courses.publish(content, now=now)
        job = None
        if published.version_id != present.version_id and regrade:
            learner_ids = await all_graded_ids(course.id)
            if learner_ids:
                job = await enqueue(
                    context,
                    published,
                    learner_ids,
                    force=True,
                    cause=Cause.GRADING_POLICY_CHANGED,
                )
    context.after_change()
    return PolicyChange(published, job)


async def preview_policy(
    context: Context,
    course: StoredCourse,
    wanted: WantedPolicy,
    *,
    if_hash: str | None = None,
) -> PolicyChange:
    """Return what a policy would change, without storing anything.

    :raises Forbidden: if the viewer may not change how the course is graded.
    :raises InvalidGradingPolicy: if it cannot grade anything; all its faults are named.
    :raises PolicyConflict: if the present policy is not the one that the change was made from.
    """
    access.require_course_editor(context.viewer, course.key)
    _require_hash(course, if_hash)
    content = content_with(course, wanted)
    effect = await effect_of(context, course, content)
    return PolicyChange(replace(course, content=content), effect=effect)


async def effect_of(context: Context, course: StoredCourse, content: CourseContent) -> PolicyEffect:
    """Return what other content would make of the stored grades of a course."""
    counts, failed = EffectOnGrades(), 0
    shown: list[PreviewedGrade] = []
    last: LearnerId | None = None
    while learner_ids := await graded_ids(course.id, after=last, limit=_PAGE):
        last = learner_ids[-1]
        records = await learner_records(course, learner_ids, with_scores=True)
        previews = []
        for learner_id in learner_ids:
            try:
                one = preview(content, learner_id, records[learner_id], now=context.now())
            except ComputationFailed:
                failed += 1
                continue
            if one is not None:
                previews.append(one)
        counts = counts.with_more(previews)
        shown += [one for one in previews if one.letter_changes or one.pass_changes]
    return PolicyEffect(course, counts, tuple(shown[:_SHOWN]), failed)


def content_with(course: StoredCourse, wanted: WantedPolicy) -> CourseContent:
    """Return the course's content with another policy.

    What the present policy says of a type beside these rows, such as its category, is kept.

    :raises InvalidGradingPolicy: if it cannot grade anything; all its faults are named.
    """
    content = course.content
    policy = _policy(content.policy, wanted)
    version = content_version(content.structure, policy, content.algorithm)
    return CourseContent(content.structure, policy, content.algorithm, version)


def _policy(present: GradingPolicy, wanted: WantedPolicy) -> GradingPolicy:
    document: dict[str, Any] = json.loads(present.source)
    known = {row["type"]: row for row in document.get("GRADER", []) if isinstance(row, dict)}
    rows = []
    for one in wanted.types:
        row: dict[str, Any] = {
            **known.get(one.name, {}),
            "type": one.name,
            "min_count": one.min_count,
            "drop_count": one.drop_count,
            "weight": one.weight,
        }
        if one.short_label is None:
            row.pop("short_label", None)
        else:
            row["short_label"] = one.short_label
        rows.append(row)
    return policy_of({**document, "GRADER": rows, "GRADE_CUTOFFS": dict(wanted.cutoffs)})


def _require_hash(course: StoredCourse, if_hash: str | None) -> None:
    if if_hash is not None and course.content.policy.hash != if_hash:
        raise PolicyConflict(
            "Somebody else has changed the policy meanwhile: look at the present one first.",
            field=["ifHash"],
        )


async def all_graded_ids(course_id: int) -> list[LearnerId]:
    """Return everybody who has a stored grade in a course."""
    found: list[LearnerId] = []
    while page := await graded_ids(course_id, after=found[-1] if found else None, limit=10_000):
        found += page
    return found
