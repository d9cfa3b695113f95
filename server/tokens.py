"""What a token says: from claims that were checked to who is asking, in Open edX's words."""

from collections.abc import Mapping, Sequence

from grading import CourseKey, InvalidInput, LearnerId, parse_course_key
from grading.keys import MAX_LEARNER_ID
from resolvers.access import STAFF_ROLES, UNNAMED, Scope, ServiceGrant, Viewer
from resolvers.storable import is_storable

MAX_NAME = 150  # characters, as Open edX's user names
OWN = "user:me"
OUR_SCOPES = {scope.value: scope for scope in Scope}


class InvalidToken(Exception):
    """A token that is malformed, forged, expired or for somebody else."""


def viewer_of(claims: Mapping[str, object]) -> Viewer:
    """Return who is asking.

    A token with a scope of ours, or of an application that Open edX restricts, is a service's: it
    may do what its scopes say, whoever's name it bears. Any other is a person's.

    :raises InvalidToken: if it restricts its bearer in a way that is not understood.
    """
    scopes = frozenset(OUR_SCOPES[one] for one in _texts(claims, "scopes") if one in OUR_SCOPES)
    filters = _texts(claims, "filters")
    name, learner_id = _name(claims), _learner_id(claims)
    if not scopes and not _flag(claims, "is_restricted"):
        # Open edX puts `user:me` into whatever it gives to people, and heeds it in the tokens of
        # restricted applications alone.
        if set(filters) - {OWN}:
            raise InvalidToken("a person's token has filters")
        return Viewer(
            name,
            global_staff=claims.get("administrator") is True,
            learner_id=learner_id,
            staff_of=_staff_of(claims),
        )
    grant = _grant(scopes, filters)
    if grant.own_only and learner_id is None and name == UNNAMED:
        raise InvalidToken("user:me of nobody")
    return Viewer(name, learner_id=learner_id if grant.own_only else None, service=grant)


def _grant(scopes: frozenset[Scope], filters: Sequence[str]) -> ServiceGrant:
    organizations: set[str] = set()
    courses: set[CourseKey] = set()
    for one in filters:
        kind, _, value = one.partition(":")
        if kind == "content_org" and value:
            organizations.add(value)
        elif kind == "content_course":
            courses.add(_course_key(value))
        elif one != OWN:
            raise InvalidToken("an unknown filter")
    return ServiceGrant(scopes, frozenset(organizations), frozenset(courses), OWN in filters)


def _course_key(text: str) -> CourseKey:
    try:
        return parse_course_key(text)
    except InvalidInput:
        raise InvalidToken("a filter of no course") from None


def _staff_of(claims: Mapping[str, object]) -> frozenset[CourseKey]:
    found = set()
    for one in _texts(claims, "roles"):
        role, _, context = one.partition(":")
        if role in STAFF_ROLES:
            try:
                found.add(parse_course_key(context))
            except InvalidInput:
                continue  # the staff of something that is no course
    return frozenset(found)


def _name(claims: Mapping[str, object]) -> str:
    name = claims.get("preferred_username")
    if name is None:
        return UNNAMED
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not is_storable(name):
        raise InvalidToken("a name that nobody can have")
    return name


def _learner_id(claims: Mapping[str, object]) -> LearnerId | None:
    number = claims.get("user_id")
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= MAX_LEARNER_ID:
        raise InvalidToken("a user id that nobody can have")
    return LearnerId(number)


def _flag(claims: Mapping[str, object], claim: str) -> bool:
    flag = claims.get(claim, False)
    if not isinstance(flag, bool | None):
        raise InvalidToken(f"{claim} is neither true nor false")
    return bool(flag)


def _texts(claims: Mapping[str, object], claim: str) -> list[str]:
    # What restricts must be understood, or the bearer could do more than was meant.
    texts = claims.get(claim)
    if texts is None:
        return []
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise InvalidToken(f"{claim} is no list of texts")
    return texts
