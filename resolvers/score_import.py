"""Importing scores: a file read twice, first checked from end to end, then recorded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from formats.csv_rows import RefusedLine
from formats.scores_csv import ScoreRow
from grading import Cause, ComputationFailed, GradesFrozen, LearnerId, ScoreOutdated
from resolvers import access
from resolvers.context import Context
from resolvers.course_grades import CHUNK
from resolvers.courses import open_check
from resolvers.progress import Progress, batches, unseen
from resolvers.score_recording import Fate, ScoreOutcome, record_scores
from resolvers.score_rows import EntryOfLine, check_rows

BATCH: Final = 50_000  # lines in memory at a time


@dataclass(frozen=True, slots=True)
class ScoresImported:
    """What became of a file of scores; ``stored`` false where refused lines stopped it.

    ``outdated`` scores are older than the stored ones and were passed over. ``graded`` and
    ``failed`` count learners in a course: who has a grade with new scores in it, and whose grade
    cannot be computed; the lines of the latter are among the refused ones.
    """

    stored: bool
    lines: int
    refused: tuple[RefusedLine, ...] = ()
    recorded: int = 0
    unchanged: int = 0
    outdated: int = 0
    graded: int = 0
    failed: int = 0


async def import_scores(
    context: Context,
    open_rows: Callable[[], Iterable[ScoreRow | RefusedLine]],
    *,
    keep_going: bool = False,
    checking: Progress = unseen,
    recording: Progress = unseen,
) -> ScoresImported:
    """Record scores: all of them, or with ``keep_going`` all that are right.

    ``open_rows`` opens the file anew for each of two readings. A batch of lines is in memory at a
    time. Both progresses count lines.

    :raises Forbidden: if the viewer may not change everything.
    """
    access.require_global_staff(context.viewer)
    now = context.now()
    lines = 0
    refused: list[RefusedLine] = []
    for batch in batches(open_rows(), BATCH):
        refused += (await check_rows(context, batch, now=now)).refused
        lines += len(batch)
        checking(lines, None)
    if refused and not keep_going:
        return ScoresImported(stored=False, lines=lines, refused=tuple(refused))
    tally = _Tally()
    done = 0
    for batch in batches(open_rows(), BATCH):
        # Checked anew: what was right a moment ago may be wrong by now.
        checked = await check_rows(context, batch, now=now)
        tally.refused += checked.refused
        done += len(checked.refused)
        for course_id, entries in _transactions(checked.entries):
            await _record(context, course_id, entries, tally, now=now)
            done += len(entries)
            recording(done, lines)
    context.after_change()
    return tally.report(lines)


def _transactions(
    entries: Sequence[EntryOfLine],
) -> Iterable[tuple[int, list[EntryOfLine]]]:
    """Yield what is to be recorded together: up to 500 learners of a course, oldest score first."""
    courses: dict[int, dict[LearnerId, list[EntryOfLine]]] = {}
    for one in entries:
        courses.setdefault(one.course_id, {}).setdefault(one.entry.learner_id, []).append(one)
    for course_id, learners in courses.items():
        for learner_ids in batches(sorted(learners), CHUNK):
            yield (
                course_id,
                [
                    one
                    for learner_id in learner_ids
                    for one in sorted(learners[learner_id], key=lambda one: one.entry.scored_at)
                ],
            )


async def _record(
    context: Context,
    course_id: int,
    entries: Sequence[EntryOfLine],
    tally: "_Tally",
    *,
    now: datetime,
) -> None:
    scores = [one.entry for one in entries]
    origin = context.origin(Cause.BULK_IMPORT)
    try:
        outcomes = await record_scores(
            course_id, scores, origin=origin, now=now, require_open=open_check(context, now)
        )
    except GradesFrozen as error:  # since the lines were checked
        tally.refused += [RefusedLine(one.line, error.message, error.code) for one in entries]
        return
    for one, outcome in zip(entries, outcomes, strict=True):
        tally.count(one, outcome)


@dataclass(slots=True)
class _Tally:
    """What became of the scores so far."""

    recorded: int = 0
    unchanged: int = 0
    outdated: int = 0
    refused: list[RefusedLine] = field(default_factory=list)
    graded: set[tuple[int, LearnerId]] = field(default_factory=set)
    failed: set[tuple[int, LearnerId]] = field(default_factory=set)

    def count(self, one: EntryOfLine, outcome: ScoreOutcome) -> None:
        """Count one score that passed the check."""
        place = (one.course_id, one.entry.learner_id)
        if isinstance(outcome.error, ScoreOutdated):
            self.outdated += 1
        elif outcome.error is not None:
            error = outcome.error
            self.refused.append(RefusedLine(one.line, error.message, error.code))
            if isinstance(error, ComputationFailed):
                self.failed.add(place)
        elif outcome.fate is Fate.RECORDED:
            self.recorded += 1
            if outcome.course_grade is not None and outcome.course_grade.persisted:
                self.graded.add(place)
        else:
            self.unchanged += 1

    def report(self, lines: int) -> ScoresImported:
        """Return the figures, with the refused lines in file order."""
        return ScoresImported(
            stored=True,
            lines=lines,
            refused=tuple(sorted(self.refused, key=lambda line: line.line)),
            recorded=self.recorded,
            unchanged=self.unchanged,
            outdated=self.outdated,
            graded=len(self.graded),
            failed=len(self.failed),
        )
