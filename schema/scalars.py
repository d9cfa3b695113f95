"""Scalars: the core's keys, fractions of one, and instants."""

from datetime import UTC, datetime
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

import grading

GradeFraction = NewType("GradeFraction", float)


def _course_key(value: object) -> grading.CourseKey:
    try:
        return grading.parse_course_key(_text(value, "A course key"))
    except grading.MalformedKey as error:
        raise _refusal(error.message) from error


def _usage_key(value: object) -> grading.UsageKey:
    try:
        return grading.parse_usage_key(_text(value, "A usage key"))
    except grading.MalformedKey as error:
        raise _refusal(error.message) from error


def _fraction(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refusal("A grade fraction is a number: 0.83 means 83 %.")
    return float(value)


def _instant(value: object) -> datetime:
    text = _text(value, "An instant")
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _refusal(f"{text[:40]!r} is no ISO-8601 instant.") from error
    raise _refusal(f"{text[:40]!r} names no time zone; write 2026-01-31T12:00:00Z.")


def _instant_text(value: datetime) -> str:
    # Nearly all are in UTC already.
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()[:-6] + "Z"


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise _refusal(f"{what} is text.")
    return value


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": grading.InvalidInput.code})


SCALARS: dict[object, ScalarDefinition] = {
    grading.CourseKey: strawberry.scalar(
        name="CourseKey",
        description="Open edX course key, e.g. `course-v1:edX+DemoX+Demo_Course`.",
        serialize=str,
        parse_value=_course_key,
    ),
    grading.UsageKey: strawberry.scalar(
        name="UsageKey",
        description=(
            "Open edX usage key, e.g. "
            "`block-v1:edX+DemoX+Demo_Course+type@sequential+block@workflow`."
        ),
        serialize=str,
        parse_value=_usage_key,
    ),
    GradeFraction: strawberry.scalar(
        name="GradeFraction",
        description=(
            "A grade as a decimal fraction of one: 0.83 means 83 %. Never a 0-100 number. Can "
            "exceed 1 (assignment-type weights may add up to more than 1: extra credit). Already "
            "rounded by the service with the one documented rule; clients must not round it "
            "again, use `display` fields for text."
        ),
        serialize=float,
        parse_value=_fraction,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="ISO-8601 instant, always UTC, microsecond precision.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_instant_text,
        parse_value=_instant,
    ),
}
