"""One learner's grades written in one statement, which is a transaction of its own.

What it writes was computed from what was read without a lock: it takes the locks that a grade
transaction takes, and writes only if nobody has written these grades, or frozen them, meanwhile.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from db.connection import current_client, dialect, in_a_transaction
from db.together import Write
from db.transaction import FREEZE_LOCKS, PUBLICATION_LOCKS, course_lock, stripes
from db.upsert import Upsert
from grading import LearnerId

MOST_ROWS: Final = 16  # beyond them arrays are cheaper than parameters

# A statement sees the database as of its beginning, which is before it has the locks. Rows that
# are locked or updated are looked at again as they are then: so the two conditions that count are
# on such rows. Each step reads the one before it, else they would be taken in any order.
_GUARD: Final = (
    "with course_turn as materialized"
    f" (select pg_advisory_xact_lock_shared({FREEZE_LOCKS}, $6::int)),"
    " publication_turn as materialized"
    f" (select pg_advisory_xact_lock_shared({PUBLICATION_LOCKS}, $6::int) from course_turn),"
    " turn as materialized (select pg_advisory_xact_lock($7::bigint) from publication_turn),"
    " published as materialized (select course_id from course_publication"
    " where course_id = (select $1::bigint from turn)"
    " and version_id = $4::bigint and frozen is not distinct from $5::boolean for share),"
    " unchanged as (update enrollment set revision = revision + 1"
    " where course_id = (select course_id from published)"
    " and learner_id = $2::bigint and revision = $3::bigint returning revision)"
)
_IF_UNCHANGED: Final = "exists (select from unchanged)"
_GUARD_WIDTH: Final = 7


class Seen(NamedTuple):
    """The state that a write builds on: a learner's, and that of the course's publication."""

    course_id: int
    learner_id: LearnerId
    revision: int
    version_id: int
    frozen: bool | None


def may_write_unlocked() -> bool:
    """Tell whether there is anything to gain, and no transaction that would have to be joined."""
    return dialect() == "postgres" and not in_a_transaction()


async def write_if_unchanged(seen: Seen, writes: Sequence[Write[Upsert]]) -> bool:
    """Write all of these rows of the learner's, or nothing; tell which. Each write has some.

    Nothing is written where anything has changed since it was seen, or for more than `MOST_ROWS`.
    """
    if sum(len(write.rows) for write in writes) > MOST_ROWS:
        return False
    rows = chain.from_iterable(write.rows for write in writes)
    (stripe,) = stripes(seen.course_id, [seen.learner_id])
    ((written,),) = await current_client().fetch_rows(
        _statement(tuple((write.upsert, len(write.rows)) for write in writes)),
        (*seen, course_lock(seen.course_id), stripe, *chain.from_iterable(rows)),
    )
    return bool(written)


@lru_cache(maxsize=128)
def _statement(shape: tuple[tuple[Upsert, int], ...]) -> str:
    steps = [_GUARD]
    first = _GUARD_WIDTH + 1
    for number, (upsert, rows) in enumerate(shape):
        steps.append(f"w{number} as ({upsert.placed(rows, first, _IF_UNCHANGED)})")
        first += rows * len(upsert.columns)
    return f"{', '.join(steps)} select count(*) from unchanged"
