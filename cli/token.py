"""``token``: a token of any kind, for trying and for services."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from cli.refusal import CommandRefused
from grading import CourseKey, InvalidInput, LearnerId, parse_course_key
from grading.keys import MAX_LEARNER_ID

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=366)


def token(
    *,
    user: Annotated[str, typer.Option(help="Whose user name it bears, or the service's name.")],
    user_id: Annotated[
        int | None,
        typer.Option(
            help="The user id, if the name alone does not say.", min=1, max=MAX_LEARNER_ID
        ),
    ] = None,
    staff: Annotated[
        bool, typer.Option("--staff", help="Global staff: may do everything.")
    ] = False,
    course_staff: Annotated[
        list[str] | None, typer.Option(help="Staff of this course; may be repeated.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="A service with this scope, such as grades:read; may be repeated."),
    ] = None,
    org: Annotated[
        list[str] | None,
        typer.Option(help="Only courses of this organisation; may be repeated."),
    ] = None,
    course: Annotated[
        list[str] | None, typer.Option(help="Only this course; may be repeated.")
    ] = None,
    me: Annotated[
        bool, typer.Option("--me", help="A service that sees what the user sees as a learner.")
    ] = False,
    lifetime: Annotated[
        str, typer.Option(help="How long it lasts: 30m, 8h or 7d; at most 366d.")
    ] = "8h",
) -> None:
    """Print a token signed with COURSEGRADE_JWT_SECRET: a person's, or with --scope a service's."""
    from cli.session import read_settings
    from resolvers.access import Scope
    from server.graphql_endpoint import utc_now
    from server.trial_tokens import NoSecret, TrialToken, sign

    lasting = _lifetime(lifetime)
    if unknown := set(scope or ()) - {one.value for one in Scope}:
        known = ", ".join(one.value for one in Scope)
        raise InvalidInput(f"There is no scope {min(unknown)!r}; there are {known}.")
    if scope and (staff or course_staff):
        raise InvalidInput("A service acts with its scopes: leave --staff and --course-staff off.")
    if not scope and (org or course or me):
        raise InvalidInput("--org, --course and --me restrict a service: add a --scope.")
    trial = TrialToken(
        user,
        user_id=None if user_id is None else LearnerId(user_id),
        staff=staff,
        staff_of=_course_keys(course_staff),
        scopes=[Scope(one) for one in scope or ()],
        organizations=org or (),
        courses=_course_keys(course),
        own_only=me,
    )
    try:
        typer.echo(sign(read_settings(), trial, now=utc_now(), lifetime=lasting))
    except NoSecret as error:
        raise CommandRefused("NO_SECRET", str(error)) from None


def _course_keys(given: list[str] | None) -> list[CourseKey]:
    return [parse_course_key(one) for one in given or ()]


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", text)
    if match is None or int(match[1]) * UNITS[match[2]] > LONGEST:
        raise InvalidInput(f"{text!r} is no lifetime; give one like 30m, 8h or 7d, at most 366d.")
    return int(match[1]) * UNITS[match[2]]
