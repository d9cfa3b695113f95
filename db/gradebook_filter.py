"""Which learners of a course are meant, and the SQL that finds them among the stored grades."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from db.connection import dialect
from db.courses import StoredCourse
from db.sql import among, among_texts, id_array, text_array
from grading import LearnerId, PassingStatus, UsageKey

ANY_ROLE: Final = "all"


class SubsectionStatus(StrEnum):
    """What is behind a subsection's figures."""

    NOT_ATTEMPTED = "NOT_ATTEMPTED"
    ATTEMPTED = "ATTEMPTED"
    OVERRIDDEN = "OVERRIDDEN"


@dataclass(frozen=True, slots=True)
class PercentRange:
    """Percents as fractions of one, both ends included; None for no end."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class SubsectionFilter:
    """What is asked of one subsection of the course; who has no grade in it is in no range."""

    usage_key: UsageKey
    percent: PercentRange | None = None
    statuses: frozenset[SubsectionStatus] | None = None


@dataclass(frozen=True, slots=True)
class NamedLearners:
    """Learners by any of their names."""

    ids: frozenset[LearnerId] = frozenset()
    usernames: frozenset[str] = frozenset()
    external_user_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GradebookFilter:
    """What is asked of the learners: all of it must hold, and None asks for nothing.

    ``search`` is without case, and looks into e-mail addresses only with ``search_email``. Of
    ``excluded_roles``, ``all`` stands for any role. ``course_percent`` counts learners without a
    grade as 0.
    """

    search: str | None = None
    search_email: bool = False
    learners: NamedLearners | None = None
    cohort: str | None = None
    mode: str | None = None
    include_inactive: bool = False
    excluded_roles: frozenset[str] = frozenset()
    course_percent: PercentRange | None = None
    subsection: SubsectionFilter | None = None
    letter_grades: frozenset[str] | None = None
    passing_statuses: frozenset[PassingStatus] | None = None
    has_override: bool | None = None
    updated_since: datetime | None = None


ALL_ACTIVE: Final = GradebookFilter()

# No grade counts for a learner who neither did anything nor got an override.
ENGAGED: Final = "({0}.first_attempted_at is not null or {0}.overridden_at is not null)"

# What stands before the empty line.
_WITHOUT_EMAIL: Final = {
    "postgres": "split_part(l.search_text, chr(10) || chr(10), 1)",
    "sqlite": ("substr(l.search_text, 1, instr(l.search_text || char(10, 10), char(10, 10)) - 1)"),
}
_LEARNER: Final = "join learner l on l.id = e.learner_id"
_GRADE: Final = (
    "left join course_grade g on g.course_id = e.course_id and g.learner_id = e.learner_id"
)
_PASSING: Final = {
    PassingStatus.NOT_ATTEMPTED: "g.passed is null",
    PassingStatus.FAILING: "not g.passed",
    PassingStatus.PASSING: "g.passed",
}
_STATUS: Final = {
    SubsectionStatus.NOT_ATTEMPTED: f"not {ENGAGED.format('f')}",
    SubsectionStatus.ATTEMPTED: "(f.first_attempted_at is not null and f.overridden_at is null)",
    SubsectionStatus.OVERRIDDEN: "f.overridden_at is not null",
}


class Roster:
    """The enrollments ``e`` of a course that a filter lets through, as a statement in the making.

    Tables are joined as they are asked for: ``l`` the learners, ``g`` the course grades.
    """

    def __init__(self, course: StoredCourse, wanted: GradebookFilter) -> None:
        self.args: list[object] = [course.id]
        self._course = course
        self._joins: dict[str, None] = {}
        self._conditions = ["e.course_id = $1"]
        self._ask_for_people(wanted)
        self._ask_for_grades(wanted)

    def bind(self, value: object) -> int:
        """Take in a parameter; return its position."""
        self.args.append(value)
        return len(self.args)

    def require(self, condition: str) -> None:
        """Let through only those for whom a condition holds as well."""
        self._conditions.append(condition)

    def join_learners(self) -> None:
        """Have the learners at hand."""
        self._joins[_LEARNER] = None

    def join_grades(self) -> None:
        """Have the course grades at hand, where there are any."""
        self._joins[_GRADE] = None

    def join_subsection(self, alias: str, usage_key: UsageKey) -> None:
        """Have the grades in one subsection at hand, where there are any."""
        block = self.bind(self._course.block_ids[usage_key])
        self._joins[
            f"left join subsection_grade {alias} on {alias}.course_id = e.course_id"
            f" and {alias}.learner_id = e.learner_id and {alias}.block_id = ${block}"
        ] = None

    def sql(self, columns: str, *, tail: str = "") -> str:
        """Return the statement that selects these columns of them."""
        joins = " ".join(self._joins)
        where = " and ".join(self._conditions)
        return f"select {columns} from enrollment e {joins} where {where} {tail}"

    def _ask_for_people(self, wanted: GradebookFilter) -> None:
        if not wanted.include_inactive:
            self.require("e.active")
        for column, value in (("e.cohort", wanted.cohort), ("e.mode", wanted.mode)):
            if value is not None:
                self.require(f"{column} = ${self.bind(value)}")
        if wanted.search is not None:
            self.join_learners()
            position = "strpos" if dialect() == "postgres" else "instr"
            text = "l.search_text" if wanted.search_email else _WITHOUT_EMAIL[dialect()]
            self.require(f"{position}({text}, ${self.bind(wanted.search)}) > 0")
        if wanted.learners is not None:
            self.require(f"({self._named(wanted.learners)})")
        if wanted.excluded_roles:
            role = ""
            if ANY_ROLE not in wanted.excluded_roles:
                roles = self.bind(text_array(sorted(wanted.excluded_roles)))
                role = f" and {among_texts('r.role', roles)}"
            self.require(
                "not exists (select 1 from course_role r where r.course_id = e.course_id"
                f" and r.learner_id = e.learner_id{role})"
            )

    def _named(self, learners: NamedLearners) -> str:
        ways = [among("e.learner_id", self.bind(id_array(sorted(learners.ids))))]
        for column, names in (
            ("l.username", learners.usernames),
            ("l.external_user_key", learners.external_user_keys),
        ):
            if names:
                self.join_learners()
                ways.append(among_texts(column, self.bind(text_array(sorted(names)))))
        return " or ".join(ways)

    def _ask_for_grades(self, wanted: GradebookFilter) -> None:
        if wanted.course_percent is not None:
            self.join_grades()
            self._require_between("coalesce(g.percent, 0)", wanted.course_percent)
        if wanted.letter_grades is not None:
            self.join_grades()
            letters = self.bind(text_array(sorted(wanted.letter_grades)))
            self.require(among_texts("g.letter_grade", letters))
        if wanted.passing_statuses is not None:
            self.join_grades()
            self._require_one_of([_PASSING[one] for one in sorted(wanted.passing_statuses)])
        if wanted.updated_since is not None:
            self.join_grades()
            self.require(f"g.updated_at >= ${self.bind(wanted.updated_since)}")
        if wanted.has_override is not None:
            blocks = self.bind(
                id_array(self._course.block_ids[key] for key in self._course.content.subsections)
            )
            self.require(
                f"e.learner_id {'' if wanted.has_override else 'not '}in"
                " (select o.learner_id from subsection_grade o where o.course_id = $1"
                # The plus leads SQLite to the index of overridden grades, the smallest.
                f" and o.overridden_at is not null and {among('+o.block_id', blocks)})"
            )
        if wanted.subsection is not None:
            self._ask_for_subsection(wanted.subsection)

    def _ask_for_subsection(self, wanted: SubsectionFilter) -> None:
        self.join_subsection("f", wanted.usage_key)
        if wanted.percent is not None:
            self.require(ENGAGED.format("f"))
            self._require_between("f.percent_graded", wanted.percent)
        if wanted.statuses is not None:
            self._require_one_of([_STATUS[one] for one in sorted(wanted.statuses)])

    def _require_between(self, column: str, percent: PercentRange) -> None:
        for comparison, bound in ((">=", percent.minimum), ("<=", percent.maximum)):
            if bound is not None:
                self.require(f"{column} {comparison} ${self.bind(bound)}")

    def _require_one_of(self, conditions: list[str]) -> None:
        self.require(f"({' or '.join(conditions)})" if conditions else "1 = 0")
