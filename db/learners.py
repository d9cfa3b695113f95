"""Learners: who they are, by any of their names."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from db.sql import among, among_texts, fetch, id_array, text_array
from db.upsert import Upsert, upsert_rows
from grading import LearnerId

LearnerName = Literal["username", "external_user_key"]


class Learner(NamedTuple):
    """A person who is graded; ``id`` is the platform's own user id."""

    id: LearnerId
    username: str
    full_name: str | None = None
    email: str | None = None
    external_user_key: str | None = None


LEARNER_COLUMNS = "l.id, l.username, l.full_name, l.email, l.external_user_key"

_SAVE = Upsert(
    table="learner",
    columns={
        "id": "bigint",
        "username": "text",
        "full_name": "text",
        "email": "text",
        "external_user_key": "text",
        "search_text": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    key=("id",),
    update=("username", "full_name", "email", "external_user_key", "search_text", "updated_at"),
)


def search_text(
    username: str, full_name: str | None, email: str | None, external_user_key: str | None
) -> str:
    """Return what a search looks into: all names of a learner, a line each, without case.

    The e-mail address stands behind an empty line: not everybody's search may look there.
    """
    names = "\n".join(name.casefold() for name in (username, full_name, external_user_key) if name)
    return f"{names}\n\n{email.casefold()}" if email else names


async def learners_by_id(ids: Iterable[LearnerId]) -> dict[LearnerId, Learner]:
    """Return the learners of these ids that exist."""
    rows = await fetch(
        f"select {LEARNER_COLUMNS} from learner l where {among('l.id', 1)}", id_array(ids)
    )
    return {row[0]: Learner(*row) for row in rows}


async def learners_by_name(column: LearnerName, names: Iterable[str]) -> dict[str, Learner]:
    """Return the learners of these user names, or external user keys, that exist."""
    rows = await fetch(
        f"select {LEARNER_COLUMNS} from learner l where {among_texts(f'l.{column}', 1)}",
        text_array(names),
    )
    found = [Learner(*row) for row in rows]
    if column == "username":
        return {learner.username: learner for learner in found}
    return {str(learner.external_user_key): learner for learner in found}


async def save_learners(learners: Sequence[Learner], *, now: datetime) -> None:
    """Add new learners and replace what is known of others, all or none.

    :raises IntegrityError: if two ids claim one user name or external user key.
    """
    await upsert_rows(
        _SAVE,
        [
            (
                learner.id,
                learner.username,
                learner.full_name,
                learner.email,
                learner.external_user_key,
                search_text(
                    learner.username, learner.full_name, learner.email, learner.external_user_key
                ),
                now,
                now,
            )
            for learner in learners
        ],
    )
