"""What a delivery sends: events as CloudEvents, or grades as Credentials takes them, signed."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from db.course_grades import course_grades
from db.courses import present_courses_by_id
from db.enrollments import enrollments
from db.event_log import LoggedEvent
from db.event_log_state import Place
from db.learners import Learner, learners_by_id
from db.webhooks import WebhookKind, WebhookTerms
from grading import (
    CourseGradeChanged,
    CourseGradeSnapshot,
    CourseKey,
    GradeChange,
    LearnerId,
    PassingStatusChanged,
    SubsectionGradeChanged,
)
from resolvers.event_cursor import cursor_of

ONE_EVENT: Final = "application/cloudevents+json"
MANY_EVENTS: Final = "application/cloudevents-batch+json"
A_GRADE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The body of one request, and the place that a webhook is at when it was taken.

    ``name`` is the same whenever this is sent again.
    """

    body: bytes
    content_type: str
    name: str
    place: Place


async def outgoing_of(
    terms: WebhookTerms, epoch: str, logged: Sequence[LoggedEvent]
) -> list[Outgoing]:
    """Return the requests that tell a webhook of these events, in order.

    What changed in a learner's own sight alone is nothing to a receiver, who is told all values.
    """
    logged = [one for one in logged if not one.change.seen_only]
    if terms.kind is WebhookKind.CREDENTIALS:
        return await _grades(terms, logged)
    return await _events(terms, epoch, logged)


def headers_of(terms: WebhookTerms, outgoing: Outgoing, now: datetime) -> dict[str, str]:
    """Return the headers of a request that is sent now, its signature among them."""
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": outgoing.content_type,
        "User-Agent": "CourseGrade",
        "CourseGrade-Delivery": outgoing.name,
        "CourseGrade-Timestamp": timestamp,
        "CourseGrade-Signature": f"v1={signature(terms.secret, timestamp, outgoing.body)}",
    }
    if terms.authorization is not None:
        headers["Authorization"] = terms.authorization
    return headers


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of `timestamp.body`, in hexadecimal digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


async def _events(terms: WebhookTerms, epoch: str, logged: Sequence[LoggedEvent]) -> list[Outgoing]:
    keys, learners = await _names(logged)
    told = [
        _event(epoch, one, keys[one.course_id], learners[one.change.learner_id]) for one in logged
    ]
    size = terms.batch_size
    if size == 1:
        return [
            Outgoing(orjson.dumps(body), ONE_EVENT, str(one.id), one.place)
            for one, body in zip(logged, told, strict=True)
        ]
    return [
        Outgoing(
            orjson.dumps(told[start : start + size]),
            MANY_EVENTS,
            f"{part[0].id}-{part[-1].id}",
            part[-1].place,
        )
        for start in range(0, len(logged), size)
        if (part := logged[start : start + size])
    ]


async def _grades(terms: WebhookTerms, logged: Sequence[LoggedEvent]) -> list[Outgoing]:
    keys, learners = await _names(logged)
    course_ids, learner_ids = list(keys), list(learners)
    enrolled = await enrollments(course_ids, learner_ids)
    grades = await course_grades(course_ids, learner_ids)
    outgoing = []
    for one in logged:
        whose = one.course_id, one.change.learner_id
        enrollment, grade = enrolled.get(whose), grades.get(whose)
        if enrollment is None or enrollment.mode not in (terms.modes or ()):
            continue
        if grade is None or grade.version > one.change.version or grade.last_updated is None:
            continue  # the event of the newer version is further on in the log
        body = {
            "username": learners[one.change.learner_id].username,
            "course_run": keys[one.course_id],
            "letter_grade": grade.letter_grade or "",
            "percent_grade": grade.percent,
            "verified": True,
            "lms_last_updated_at": grade.last_updated,
        }
        outgoing.append(Outgoing(orjson.dumps(body), A_GRADE, str(one.id), one.place))
    return outgoing


async def _names(
    logged: Sequence[LoggedEvent],
) -> tuple[Mapping[int, CourseKey], Mapping[LearnerId, Learner]]:
    courses = await present_courses_by_id({one.course_id for one in logged})
    learners = await learners_by_id({one.change.learner_id for one in logged})
    return {number: course.key for number, course in courses.items()}, learners


def _event(
    epoch: str, logged: LoggedEvent, course_key: CourseKey, learner: Learner
) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": str(logged.id),
        "source": f"urn:coursegrade:log:{epoch}",
        "type": logged.change.kind.value,
        "time": logged.occurred_at,
        "subject": f"{course_key}/{learner.id}",
        "datacontenttype": "application/json",
        "data": {
            "cursor": cursor_of(epoch, logged.place),
            "courseKey": course_key,
            "learner": {
                "userId": str(learner.id),
                "username": learner.username,
                "externalUserKey": learner.external_user_key,
            },
            "version": logged.change.version,
            **_change(logged.change),
            "cause": logged.origin.cause.value,
            "actor": logged.origin.actor,
            "correlationId": logged.origin.correlation_id,
        },
    }


def _change(change: GradeChange) -> dict[str, object]:
    match change:
        case SubsectionGradeChanged():
            return {
                "usageKey": change.usage_key,
                "before": None if change.before is None else change.before._asdict(),
                "after": change.after._asdict(),
            }
        case CourseGradeChanged():
            return {
                "before": _grade(change.before),
                "after": _grade(change.after),
                "firstTimePassed": change.first_time_passed,
            }
        case PassingStatusChanged():
            return {
                "before": change.before.value,
                "after": change.after.value,
                "firstTimePassed": change.first_time_passed,
            }


def _grade(grade: CourseGradeSnapshot | None) -> dict[str, object] | None:
    if grade is None:
        return None
    return {
        "percent": grade.percent,
        "letterGrade": grade.letter_grade,
        "passed": grade.passed,
        "passingStatus": grade.passing_status.value,
    }
