"""What a token says: whose it is, what it may do, and where."""

from typing import Any

import pytest

from grading import CourseKey, LearnerId
from resolvers.access import Scope, ServiceGrant, Viewer
from server.tokens import InvalidToken, viewer_of
from server.trial_tokens import TrialToken

HEAT = CourseKey("course-v1:Acme+Heat+2026")
COLD = CourseKey("course-v1:Other+Cold+2026")
READ, WRITE = Scope.GRADES_READ, Scope.GRADES_WRITE


def said(**claims: Any) -> Viewer:  # noqa: ANN401
    return viewer_of({"preferred_username": "ada", **claims})


def refused(**claims: Any) -> str:  # noqa: ANN401
    with pytest.raises(InvalidToken) as refusal:
        said(**claims)
    return str(refusal.value)


def test_a_token_of_open_edx_is_a_persons() -> None:
    viewer = viewer_of(
        {
            "aud": "openedx",
            "iss": "https://lms.example.org/oauth2",
            "sub": "a0b1c2",
            "preferred_username": "ada",
            "user_id": 11,
            "administrator": False,
            "superuser": False,
            "email": "ada@example.org",
            "scopes": ["user_id", "email", "profile", "read", "write"],
            "filters": ["user:me"],
            "is_restricted": False,
            "roles": [],
            "version": "1.2.0",
        }
    )

    assert viewer == Viewer("ada", learner_id=LearnerId(11))


@pytest.mark.parametrize("administrator", [None, False, "true", 1, [True]])
def test_only_an_administrator_is_global_staff(administrator: object) -> None:
    assert said(administrator=administrator) == Viewer("ada")
    assert said(administrator=True) == Viewer("ada", global_staff=True)


def test_roles_make_staff_of_courses() -> None:
    roles = [
        f"staff:{HEAT}",
        f"instructor:{COLD}",
        "staff:course-v1:broken",
        "staff:*",
        "staff",
        f"beta_testers:{COLD}",
        "enterprise_admin:0f1e",
        f"staff::{COLD}",
    ]

    assert said(roles=roles) == Viewer("ada", staff_of=frozenset({HEAT, COLD}))
    assert said(roles=["staff:*", f"Staff:{HEAT}", f"staff: {HEAT}"]) == Viewer("ada")


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_of_ours_makes_a_service_that_is_nobodys_staff(scope: Scope) -> None:
    viewer = said(
        scopes=["read", scope.value], administrator=True, user_id=11, roles=[f"staff:{HEAT}"]
    )

    assert viewer == Viewer("ada", service=ServiceGrant(frozenset({scope})))


def test_a_restricted_application_without_a_scope_of_ours_may_do_nothing() -> None:
    viewer = said(scopes=["certificates:read"], is_restricted=True, administrator=True)

    assert viewer == Viewer("ada", service=ServiceGrant(frozenset()))


def test_filters_restrict_a_service() -> None:
    viewer = said(
        scopes=["grades:read", "grades:write"],
        filters=["content_org:Acme", "content_org:Else", f"content_course:{COLD}"],
    )

    assert viewer.service == ServiceGrant(
        frozenset({READ, WRITE}), frozenset({"Acme", "Else"}), frozenset({COLD})
    )


def test_a_service_may_act_for_one_person() -> None:
    by_id = said(scopes=["grades:read"], filters=["user:me"], user_id=11)
    by_name = said(scopes=["grades:read"], filters=["user:me"])

    own = ServiceGrant(frozenset({READ}), own_only=True)
    assert by_id == Viewer("ada", learner_id=LearnerId(11), service=own)
    assert by_name == Viewer("ada", service=own)


def test_who_acts_for_nobody_is_refused() -> None:
    with pytest.raises(InvalidToken):
        viewer_of({"scopes": ["grades:read"], "filters": ["user:me"]})


@pytest.mark.parametrize(
    "one",
    ["content_org:", "content_course:Heat", "content_run:2026", "user:you", "user", "", "Acme"],
)
def test_a_filter_that_is_not_understood_refuses_the_token(one: str) -> None:
    # It would restrict something.
    assert refused(scopes=["grades:read"], filters=["content_org:Acme", one])


def test_a_person_is_not_restricted_by_filters_that_are_not_heeded() -> None:
    assert said(administrator=True, filters=["user:me"]).global_staff
    assert refused(administrator=True, filters=["user:me", "content_org:Acme"]) == (
        "a person's token has filters"
    )


@pytest.mark.parametrize("claim", ["scopes", "filters", "roles"])
@pytest.mark.parametrize("value", ["grades:read", {"grades:read": True}, [7], [["x"]], 1, True])
def test_a_list_that_is_none_refuses_the_token(claim: str, value: object) -> None:
    assert refused(**{claim: value}) == f"{claim} is no list of texts"


@pytest.mark.parametrize("value", ["true", 1, [], {}])
def test_a_restriction_that_is_neither_true_nor_false_refuses_the_token(value: object) -> None:
    assert refused(is_restricted=value) == "is_restricted is neither true nor false"


@pytest.mark.parametrize("name", [7, ["ada"], "", "x" * 151, "a\0b", "\ud800", True])
def test_a_name_that_nobody_can_have_refuses_the_token(name: object) -> None:
    assert refused(preferred_username=name) == "a name that nobody can have"


@pytest.mark.parametrize("number", ["11", 0, -1, 2**63, 1.0, True, [11]])
def test_a_user_id_that_nobody_can_have_refuses_the_token(number: object) -> None:
    assert refused(user_id=number) == "a user id that nobody can have"


def test_a_token_without_a_name_is_of_nobody_in_particular() -> None:
    assert viewer_of({}) == Viewer("unnamed")
    assert viewer_of({"user_id": 11}) == Viewer("unnamed", learner_id=LearnerId(11))


def test_a_token_for_trying_says_what_was_asked_for() -> None:
    person = TrialToken("ada", LearnerId(11), staff_of=[HEAT])
    service = TrialToken("app", scopes=[READ], organizations=["Acme"], courses=[COLD])
    own = TrialToken("ada", scopes=[READ], own_only=True)

    assert viewer_of(person.claims()) == Viewer(
        "ada", learner_id=LearnerId(11), staff_of=frozenset({HEAT})
    )
    assert viewer_of(TrialToken("ada", staff=True).claims()) == Viewer("ada", global_staff=True)
    assert viewer_of(service.claims()).service == ServiceGrant(
        frozenset({READ}), frozenset({"Acme"}), frozenset({COLD})
    )
    assert viewer_of(own.claims()).service == ServiceGrant(frozenset({READ}), own_only=True)
