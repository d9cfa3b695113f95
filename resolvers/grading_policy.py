"""Changing a course's grading policy: looked at first, then applied with a regrade."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from db import courses
from db.courses import StoredCourse, present_courses_by_id
from db.transaction import transaction
from grading import (
    Cause,
    CourseContent,
    GradingPolicy,
    PolicyConflict,
    RenamedType,
    content_version,
    policy_of,
    renamed_types,
)
from resolvers import access
from resolvers.content_effect import ContentEffect, all_graded_ids, effect_of
from resolvers.context import Context
from resolvers.courses import freeze
from resolvers.grade_jobs import GradeJob, enqueue


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
class PolicyChange:
    """A course with its new policy, and the job that regrades whoever is concerned.

    Before it is applied there is an effect instead of a job. ``renamed`` are types that seem to be
    called otherwise now.
    """

    course: StoredCourse
    renamed: tuple[RenamedType, ...]
    job: GradeJob | None = None
    effect: ContentEffect | None = None


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
    return PolicyChange(published, renamed_types(present.content, content), job)


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
    renamed = renamed_types(course.content, content)
    return PolicyChange(replace(course, content=content), renamed, effect=effect)


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
