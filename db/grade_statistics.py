"""How often each grade occurs in a class, counted where the grades are stored."""

from collections.abc import Iterable
from typing import NamedTuple

from db.courses import StoredCourse
from db.gradebook import Selected
from db.gradebook_filter import ENGAGED, GradebookFilter, Roster
from db.sql import among, as_bool, fetch, id_array
from grading import Outcome, UsageKey


class ClassOutcomes(NamedTuple):
    """How many learners there are, and how many of them came to each outcome."""

    learner_count: int
    outcomes: dict[Outcome, int]


class SelectedSubsection(NamedTuple):
    """One subsection's grades of the learners that a filter lets through."""

    course: StoredCourse
    wanted: GradebookFilter
    usage_key: UsageKey


async def course_outcomes(selections: Iterable[Selected]) -> dict[Selected, ClassOutcomes]:
    """Count what the learners of each selection came to in the course, in a statement each."""
    found = {}
    for one in selections:
        roster = Roster(*one)
        roster.join_grades()
        columns = "g.percent, g.letter_grade, g.passed"
        rows = await fetch(
            roster.sql(f"{columns}, count(*)", tail=f"group by {columns}"), *roster.args
        )
        found[one] = ClassOutcomes(
            sum(row[3] for row in rows),
            {
                Outcome(percent, letter, as_bool(passed)): count
                for percent, letter, passed, count in rows
                if percent is not None
            },
        )
    return found


async def subsection_percents(
    selections: Iterable[SelectedSubsection],
) -> dict[SelectedSubsection, dict[float, int]]:
    """Count the percents that count of whoever attempted a subsection or has an override.

    One statement for all subsections of a class.
    """
    classes: dict[Selected, list[UsageKey]] = {}
    for course, wanted, usage_key in selections:
        classes.setdefault(Selected(course, wanted), []).append(usage_key)
    found: dict[SelectedSubsection, dict[float, int]] = {}
    for (course, wanted), usage_keys in classes.items():
        found |= {SelectedSubsection(course, wanted, key): {} for key in usage_keys}
        roster = Roster(course, wanted)
        blocks = roster.bind(id_array(course.block_ids[key] for key in usage_keys))
        # With the plus SQLite reads the grades of many subsections learner by learner, as they are
        # stored, which is faster than subsection by subsection.
        plus = "+" if len(usage_keys) > 1 else ""
        sql = (
            f"select {plus}s.block_id, {plus}s.percent_graded, count(*) from subsection_grade s"
            f" where s.course_id = $1 and {among(f'{plus}s.block_id', blocks)}"
            f" and {ENGAGED.format('s')} and s.learner_id in ({roster.sql('e.learner_id')})"
            " group by 1, 2"
        )
        for block, percent, count in await fetch(sql, *roster.args):
            key = SelectedSubsection(course, wanted, course.usage_keys[block])
            found[key][percent] = count
    return found
