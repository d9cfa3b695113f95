"""The floor's SQL, written by hand over the tables of the product."""

from typing import Final

_GRADE: Final = "g.percent, g.letter_grade, g.passed, {moment}, g.version"
_CELL: Final = (
    "block_id, coalesce(override_earned_graded, earned_graded),"
    " coalesce(override_possible_graded, possible_graded),"
    " first_attempted_at is not null, percent_graded"
)
_STATEMENTS: Final = {
    "blocks": "select id, usage_key from block",
    "grade": (
        "select {grade}, g.course_id, g.learner_id from course_grade g"
        " join course c on c.id = g.course_id join learner l on l.id = g.learner_id"
        " where c.key = $1 and l.username = $2"
    ),
    "cells": (
        "select {cell} from subsection_grade where course_id = $1 and learner_id = $2"
        " order by block_id"
    ),
    # The page is cut before grades are joined to it.
    "page": (
        "select p.id, p.username, g.course_id, {grade} from ("
        "select l.id, l.username, e.course_id from learner l"
        " join enrollment e on e.learner_id = l.id join course c on c.id = e.course_id"
        " where c.key = $1 and e.active and l.username > $2"
        " order by l.username limit $3"
        ") p join course_grade g on g.course_id = p.course_id and g.learner_id = p.id"
        " order by p.username"
    ),
    "page_cells": (
        "select learner_id, {cell} from subsection_grade"
        " where course_id = $1 and learner_id {among} order by learner_id, block_id"
    ),
    "lock": "select pg_advisory_xact_lock($1)",
    "score": (
        "insert into problem_score (course_id, learner_id, block_id, earned, possible, scored_at,"
        " first_scored_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6, $7)"
        " on conflict (course_id, learner_id, block_id) do update set earned = excluded.earned,"
        " possible = excluded.possible, scored_at = excluded.scored_at,"
        " updated_at = excluded.updated_at"
    ),
    "subsection": (
        "update subsection_grade set earned_all = $4, earned_graded = $4, possible_all = $5,"
        " possible_graded = $5, percent_graded = $6, version = version + 1, updated_at = $7"
        " where course_id = $1 and learner_id = $2 and block_id = $3 returning version"
    ),
    "course": (
        "update course_grade set percent = $3, unrounded = $4, letter_grade = $5, passed = $6,"
        " passed_at = case when $6 then coalesce(passed_at, $7) else passed_at end,"
        " version = version + 1, updated_at = $7 where course_id = $1 and learner_id = $2"
        " returning version"
    ),
    "event": (
        "insert into grade_event (course_id, learner_id, kind, version, payload, cause, actor,"
        " correlation_id, created_at) values"
        " ($1, $2, 'SUBSECTION_GRADE_CHANGED', $3, $4, 'SCORE_RECORDED', 'bench', $7, $8),"
        " ($1, $2, 'COURSE_GRADE_CHANGED', $5, $6, 'SCORE_RECORDED', 'bench', $7, $8)"
    ),
}
_ENGINES: Final = {
    "postgres": {
        "moment": "g.updated_at::text",
        "among": "= any($2::bigint[])",
    },
    "sqlite": {
        "moment": "g.updated_at",
        "among": "in (select value from json_each($2))",
    },
}


def statements(engine: str) -> dict[str, str]:
    """Return the statements by name, in an engine's dialect."""
    words = _ENGINES[engine]
    grade = _GRADE.format(**words)
    found = {
        name: sql.format(**words, grade=grade, cell=_CELL) for name, sql in _STATEMENTS.items()
    }
    if engine == "sqlite":
        return {name: sql.replace("$", "?") for name, sql in found.items()}
    return found
