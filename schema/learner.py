"""Learners: who is graded, how a client names one, and how one is enrolled."""

from typing import Self

import strawberry

from grading import GradingError, InvalidInput, LearnerId
from resolvers import learners
from resolvers.learners import Enrollment as StoredEnrollment
from resolvers.learners import Learner, LearnerRef
from schema.global_id import global_id, parse_global_id
from schema.info import Info
from schema.node import ID_DESCRIPTION, Node


def _id_of(self: "User") -> strawberry.ID:
    return global_id("User", self.learner.id)


@strawberry.type(description="A person: a learner, or somebody who teaches.")
class User(Node):
    id: strawberry.ID = strawberry.field(resolver=_id_of, description=ID_DESCRIPTION)
    learner: strawberry.Private[Learner]

    @classmethod
    def of(cls, learner: Learner) -> Self:
        return cls(learner=learner)

    @strawberry.field(description="The platform's own user id, as text: GraphQL `Int` is 32 bits.")
    def user_id(self) -> strawberry.ID:
        return strawberry.ID(str(self.learner.id))

    @strawberry.field(description="The user name, unique on the platform.")
    def username(self) -> str:
        return self.learner.username

    @strawberry.field(description="The name as the person writes it.")
    def full_name(self) -> str | None:
        return self.learner.full_name

    @strawberry.field(
        description="The institution's id of this person (OneRoster `sourcedId` / SIS id)."
    )
    def external_user_key(self) -> str | None:
        return self.learner.external_user_key

    @strawberry.field(description="The e-mail address. Staff only; null for everybody else.")
    async def email(self, info: Info) -> str | None:
        visible = await learners.may_see_email(info.context, self.learner.id)
        return self.learner.email if visible else None


@strawberry.type(description="One learner's enrollment in one course.")
class Enrollment:
    active: bool = strawberry.field(description="False once the learner has left the course.")
    mode: str | None = strawberry.field(
        description="The enrollment track, such as `audit` or `verified`."
    )
    cohort: str | None = strawberry.field(description="The cohort that the learner is in.")

    @classmethod
    def of(cls, enrollment: StoredEnrollment) -> Self:
        return cls(active=enrollment.active, mode=enrollment.mode, cohort=enrollment.cohort)


@strawberry.input(
    one_of=True, name="LearnerRef", description="Ways to name a learner; exactly one."
)
class LearnerRefInput:
    id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The global id of a `User`."
    )
    user_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The platform's own user id."
    )
    username: str | None = strawberry.field(default=strawberry.UNSET, description="The user name.")
    external_user_key: str | None = strawberry.field(
        default=strawberry.UNSET, description="The institution's id of the person."
    )

    def ref(self) -> LearnerRef:
        """Return the one name that is given.

        :raises InvalidInput: if ``id`` is no user's id.
        """
        if isinstance(self.id, str):
            target = parse_global_id(self.id)
            if target.type_name != "User" or len(target.numbers) != 1:
                raise InvalidInput(f"{self.id!r} is not the id of a User.")
            return LearnerRef("user_id", str(LearnerId(target.numbers[0])))
        if isinstance(self.user_id, str):
            return LearnerRef("user_id", self.user_id)
        if isinstance(self.username, str):
            return LearnerRef("username", self.username)
        return LearnerRef("external_user_key", self.external_user_key or "")

    def ref_or_refusal(self) -> LearnerRef | GradingError:
        """Return the one name that is given, or why it names nobody."""
        try:
            return self.ref()
        except InvalidInput as error:
            return error


def named(ref: LearnerRefInput | None) -> LearnerRef | GradingError | None:
    """Return whom an optional name means, or why nobody; None where no name is given."""
    return None if ref is None else ref.ref_or_refusal()
