"""Whether the database holds what clients were told, once, and nothing else."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from db.event_log import LoggedEvent
from db.sql import fetch
from grading import CourseGradeChanged, LearnerId, SubsectionGradeChanged, UsageKey
from tests.delivery.scenery import course_and_learners
from tests.delivery.verdict import committed, faults_of_log
from tests.faults.claims import Answer, Claims, Sent, Shown

Stored = Mapping[tuple[LearnerId, UsageKey], float]


async def faults_of(claims: Claims) -> list[str]:
    """Compare all that clients know with all that is stored; return what is wrong, in words."""
    log = await committed()
    stored = await stored_scores()
    return [
        *(f"a bug was told: {bug}" for bug in claims.bugs),
        *faults_of_scores(claims, stored),
        *faults_of_grades(claims, log),
        *twice(log),
        *broken_chains(log),
        *await faults_of_log(log),
    ]


async def stored_scores() -> dict[tuple[LearnerId, UsageKey], float]:
    """Return the points of each learner for each problem."""
    course, _ = await course_and_learners()
    rows = await fetch(
        "select s.learner_id, b.usage_key, s.earned from problem_score s"
        " join block b on b.id = s.block_id where s.course_id = $1",
        course.id,
    )
    return {(LearnerId(row[0]), UsageKey(row[1])): row[2] for row in rows}


def faults_of_scores(claims: Claims, stored: Stored) -> Iterator[str]:
    """Tell which acknowledged scores are gone, and which stored ones nobody can have meant.

    A score that nobody was told of may be stored or not; one that was acknowledged gives way to a
    newer one only.
    """
    places = dict(claims.by_place())
    for place, sent in places.items():
        possible = _possible(sent)
        points = stored.get(place)
        if points not in possible:
            yield f"{place} has {points}, and it must be one of {sorted(map(str, possible))}"
    for place in stored.keys() - places.keys():
        yield f"{place} has {stored[place]}, which nobody sent"


def _possible(sent: Sequence[Sent]) -> set[float | None]:
    possible: set[float | None] = {None}
    for one in sent:
        if one.answer is Answer.ACKNOWLEDGED:
            possible = {one.earned}
        elif one.answer is Answer.UNKNOWN:
            possible.add(one.earned)
    return possible


def faults_of_grades(claims: Claims, log: Sequence[LoggedEvent]) -> Iterator[str]:
    """Tell which grades clients were shown that never were."""
    told = {
        Shown(change.learner_id, change.version, change.after.percent)
        for event in log
        if isinstance(change := event.change, CourseGradeChanged)
    }
    for shown in claims.shown - told:
        yield f"a client was shown {shown}, which was never committed"


def twice(log: Sequence[LoggedEvent]) -> Iterator[str]:
    """Tell which operations were carried out more than once."""
    transactions: dict[str, set[int]] = {}
    facts: Counter[tuple[object, ...]] = Counter()
    for event in log:
        change = event.change
        operation = event.origin.correlation_id
        transactions.setdefault(operation, set()).add(event.place.xid)
        part = change.usage_key if isinstance(change, SubsectionGradeChanged) else None
        facts[operation, change.learner_id, change.kind, part] += 1
    for operation, numbers in transactions.items():
        if len(numbers) > 1:
            yield f"the operation {operation} was committed in {len(numbers)} transactions"
    for fact, count in facts.items():
        if count > 1:
            yield f"{fact} is {count} times in the log"


def broken_chains(log: Sequence[LoggedEvent]) -> Iterator[str]:
    """Tell where an event does not begin with what the one before it ended with."""
    last: dict[tuple[object, ...], tuple[int, object]] = {}
    for event in log:
        change = event.change
        part = change.usage_key if isinstance(change, SubsectionGradeChanged) else None
        place = (type(change), change.learner_id, part)
        version, after = last.get(place, (0, None))
        if isinstance(change, CourseGradeChanged | SubsectionGradeChanged):
            if change.before != after:
                yield f"event {event.id} begins with {change.before}, and before it was {after}"
            if change.version != version + 1:
                yield f"event {event.id} has version {change.version} behind {version}"
        elif after is not None and change.before != after:
            yield f"event {event.id} comes from {change.before}, and before it was {after}"
        last[place] = (change.version, change.after)
