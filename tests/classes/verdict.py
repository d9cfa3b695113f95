"""What must hold when a job is done: each learner graded once, and everything told once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from db.sql import execute, fetch
from grading import LearnerId
from resolvers.courses import require_course
from resolvers.reconciliation import find_discrepancies
from tests.classes.scenery import BUSY
from tests.factories import COURSE, context_of

_SHOWN: Final = 5  # faults of a kind

_VALUES: Final = "{0}.percent, {0}.unrounded, {0}.letter_grade, {0}.passed"
_IN_STEP: Final = f"""
select g.learner_id, b.version, g.version, e.told, e.newest
from course_grade g
left join {{earlier}} b on b.learner_id = g.learner_id
left join (
  select learner_id, count(*) as told, max(version) as newest from grade_event
  where kind = 'COURSE_GRADE_CHANGED' and id > $1 group by learner_id
) e on e.learner_id = g.learner_id
where g.learner_id > {BUSY} and (
  g.version <> coalesce(b.version, 0) + (case when b.learner_id is null
    or ({_VALUES.format("g")}) is distinct from ({_VALUES.format("b")}) then 1 else 0 end)
  or coalesce(e.told, 0) <> g.version - coalesce(b.version, 0)
  or (e.told is not null and e.newest <> g.version))
"""
_OTHER_VALUES: Final = f"""
select coalesce(g.learner_id, b.learner_id)
from course_grade g full join {{earlier}} b on b.learner_id = g.learner_id
where coalesce(g.learner_id, b.learner_id) > {BUSY}
  and ({_VALUES.format("g")}) is distinct from ({_VALUES.format("b")})
"""
_SUBSECTIONS_TOLD: Final = f"""
select count(*), count(distinct (learner_id, payload)) from grade_event
where kind = 'SUBSECTION_GRADE_CHANGED' and id > $1 and learner_id > {BUSY}
"""


async def remember(name: str) -> int:
    """Keep all course grades under a name; return the number of the last event so far."""
    await execute(f"create table {name} as select * from course_grade")
    await execute(f"analyze {name}")
    ((last,),) = await fetch("select coalesce(max(id), 0) from grade_event")
    return int(last)


async def faults_since(name: str, last_event: int, *, new_subsections: int) -> AsyncIterator[str]:
    """Yield what is wrong with grades and events since they were remembered.

    Of those learners who had no new score meanwhile.
    """
    for learner, before, after, told, newest in (
        await fetch(_IN_STEP.format(earlier=name), last_event)
    )[:_SHOWN]:
        yield (
            f"learner {learner}: version {before} became {after}, told {told or 0} times, "
            f"last of version {newest}"
        )
    ((revised,),) = await fetch(
        f"select count(*) from subsection_grade where version <> 1 and learner_id > {BUSY}"
    )
    if revised:
        yield f"{revised} subsection grades have another version than the first"
    told, different = (await fetch(_SUBSECTIONS_TOLD, last_event))[0]
    if (told, different) != (new_subsections, new_subsections):
        yield f"{told} subsection grades told, {different} of them different, {new_subsections} new"


async def faults_of_return(name: str) -> AsyncIterator[str]:
    """Yield who has another grade than the one that was remembered."""
    rows = await fetch(_OTHER_VALUES.format(earlier=name))
    if rows:
        yield f"{len(rows)} grades are not what they were, learner {rows[0][0]}'s for one"


async def faults_of_recomputation(after: LearnerId | None = None) -> AsyncIterator[str]:
    """Yield whose stored grade is not what the scores make, behind a learner or of all.

    Whoever has new scores meanwhile is read between two of them, and found.
    """
    context = context_of(now=datetime.now(UTC))
    course = await require_course(context, COURSE)
    differing = [one async for one in find_discrepancies(context, course, after=after)]
    for one in islice(differing, _SHOWN):
        yield f"learner {one.learner_id}: {', '.join(one.reasons)} ({one.subsections})"
    if len(differing) > _SHOWN:
        yield f"and {len(differing) - _SHOWN} learners more"
