"""Classes in which everything occurs that a gradebook can be asked for, and a plain oracle."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from db.course_roles import CourseRole, save_course_roles
from db.courses import StoredCourse
from db.enrollments import Enrollment, save_enrollments
from db.gradebook import GradebookOrder, OrderField
from db.gradebook_filter import (
    ANY_ROLE,
    GradebookFilter,
    NamedLearners,
    PercentRange,
    SubsectionFilter,
    SubsectionStatus,
)
from db.learners import Learner, save_learners
from db.subsection_grades import save_overrides
from grading import (
    CourseGrade,
    LearnerId,
    PassingStatus,
    SubsectionGrade,
    SubsectionGradeOverride,
    Total,
    UsageKey,
    zero_course_grade,
)
from tests.factories import NOW, subsection_key
from tests.saving import save_course_grades, save_subsection_grades

SUBSECTIONS = (subsection_key("hw1"), subsection_key("hw2"), subsection_key("exam"))
NAMES = (
    "Émile",
    "émile",
    "Zoë",
    "zoe",
    "ADA",
    "Ada",
    "ada",
    "",
    "王",
    "😀",
    "Straße",
    "b'; --",
    "_",
)
PERCENTS = (0.0, 0.29, 0.3, 0.5, 0.58, 0.7, 0.9, 1.0, 1.2)
ROLES = ("staff", "beta_testers")
LETTERS = ("A", "B", "C")


@dataclass
class Member:
    """Somebody enrolled, with all that is stored of them."""

    learner: Learner
    enrollment: Enrollment
    roles: set[str]
    grade: CourseGrade | None = None
    subsections: dict[UsageKey, SubsectionGrade] = field(default_factory=dict)

    def percent(self, usage_key: UsageKey) -> float | None:
        one = self.subsections.get(usage_key)
        return one.graded_total.percent(4) if one is not None and one.engaged else None

    def status(self, usage_key: UsageKey) -> SubsectionStatus:
        one = self.subsections.get(usage_key)
        if one is None or not one.engaged:
            return SubsectionStatus.NOT_ATTEMPTED
        return SubsectionStatus.OVERRIDDEN if one.overridden else SubsectionStatus.ATTEMPTED


async def random_class(course: StoredCourse, size: int, rng: random.Random) -> list[Member]:
    """Store a class in which every combination may occur."""
    members = [_member(course, number, rng) for number in range(1, size + 1)]
    rng.shuffle(members)
    await save_learners([one.learner for one in members], now=NOW)
    await save_enrollments([one.enrollment for one in members], now=NOW)
    await save_course_roles(
        [CourseRole(course.id, one.learner.id, role) for one in members for role in one.roles],
        now=NOW,
    )
    await save_course_grades(course, [one.grade for one in members if one.grade is not None])
    grades = [(one.learner.id, each) for one in members for each in one.subsections.values()]
    await save_subsection_grades(course, grades)
    await save_overrides(course, grades)
    return members


def _member(course: StoredCourse, number: int, rng: random.Random) -> Member:
    learner = Learner(
        LearnerId(number),
        f"{rng.choice(NAMES)}-{number}",
        rng.choice((None, *NAMES)),
        rng.choice((None, f"Mail{number}@example.org")),
        rng.choice((None, f"SIS-{number}")),
    )
    member = Member(
        learner,
        Enrollment(
            course.id,
            learner.id,
            rng.random() < 0.8,
            rng.choice((None, "audit", "verified")),
            rng.choice((None, "Blue", "blue", "")),
        ),
        {role for role in ROLES if rng.random() < 0.2},
    )
    for usage_key in SUBSECTIONS:
        if rng.random() < 0.7:
            member.subsections[usage_key] = _subsection_grade(usage_key, rng)
    if rng.random() < 0.7:
        percent = rng.choice(PERCENTS)
        passed = rng.random() < 0.5
        updated = NOW - timedelta(microseconds=rng.choice((0, 1, 500_000, 1_000_000)))
        member.grade = replace(
            zero_course_grade(course.content, learner.id),
            percent=percent,
            unrounded=percent,
            letter_grade=rng.choice((None, *LETTERS)),
            passed=passed,
            passed_at=NOW if passed else None,
            version=1,
            last_updated=updated,
        )
    return member


def _subsection_grade(usage_key: UsageKey, rng: random.Random) -> SubsectionGrade:
    first = rng.choice((NOW, None))
    total = Total(rng.choice((0.0, 1.0, 2.0, 3.0)), rng.choice((0.0, 3.0)), first)
    override = (
        SubsectionGradeOverride(
            earned_graded=rng.choice((None, 0.0, 2.0, 4.0)), created_at=NOW, updated_at=NOW
        )
        if rng.random() < 0.3
        else None
    )
    return SubsectionGrade(usage_key, total, total, override, "", "", 1, NOW)


def random_filter(members: Sequence[Member], rng: random.Random) -> GradebookFilter:
    """Ask for one to three things at once."""
    questions: list[dict[str, Any]] = [
        {
            "search": rng.choice(("ada", "émile", "strasse", "mail1", "sis-", "'; --", "-1", "%")),
            "search_email": rng.random() < 0.5,
        },
        {"learners": _named(members, rng)},
        {"cohort": rng.choice(("Blue", "", "nobody's"))},
        {"mode": rng.choice(("audit", "verified"))},
        {"include_inactive": True},
        {"excluded_roles": frozenset(rng.sample([*ROLES, ANY_ROLE], rng.choice((1, 2))))},
        {"course_percent": _range(rng)},
        {"subsection": _subsection_filter(rng)},
        {"letter_grades": frozenset(rng.sample(LETTERS, rng.choice((0, 1, 2))))},
        {"passing_statuses": frozenset(rng.sample(list(PassingStatus), rng.choice((0, 1, 2))))},
        {"has_override": rng.random() < 0.5},
        {"updated_since": NOW - timedelta(microseconds=rng.choice((0, 2, 500_000)))},
    ]
    ways = rng.sample(questions, rng.choice((1, 1, 2, 3)))
    return GradebookFilter(**{name: value for way in ways for name, value in way.items()})


def _named(members: Sequence[Member], rng: random.Random) -> NamedLearners:
    def some() -> list[Member]:
        return rng.sample(members, min(len(members), rng.choice((0, 1, 5))))

    return NamedLearners(
        frozenset([*(one.learner.id for one in some()), LearnerId(10**9)]),
        frozenset([*(one.learner.username for one in some()), "nobody"]),
        frozenset(one.learner.external_user_key or "nobody's" for one in some()),
    )


def _range(rng: random.Random) -> PercentRange:
    low, high = sorted(rng.choices(PERCENTS, k=2))
    return PercentRange(rng.choice((None, low)), rng.choice((None, high)))


def _subsection_filter(rng: random.Random) -> SubsectionFilter:
    statuses = frozenset(rng.sample(list(SubsectionStatus), rng.choice((1, 2))))
    return SubsectionFilter(
        rng.choice(SUBSECTIONS), rng.choice((None, _range(rng))), rng.choice((None, statuses))
    )


def lets_through(wanted: GradebookFilter, one: Member) -> bool:
    """Tell in plain Python whether a filter lets somebody through."""
    learner, enrollment, grade = one.learner, one.enrollment, one.grade
    names = [learner.username, learner.full_name, learner.external_user_key]
    names += [learner.email] if wanted.search_email else []
    status = (
        PassingStatus.NOT_ATTEMPTED
        if grade is None
        else PassingStatus.PASSING
        if grade.passed
        else PassingStatus.FAILING
    )
    overridden = any(each.overridden for each in one.subsections.values())
    excluded = one.roles if ANY_ROLE in wanted.excluded_roles else one.roles & wanted.excluded_roles
    return all(
        (
            enrollment.active or wanted.include_inactive,
            wanted.search is None
            or any(wanted.search in (name or "").casefold() for name in names),
            wanted.learners is None
            or learner.id in wanted.learners.ids
            or learner.username in wanted.learners.usernames
            or learner.external_user_key in wanted.learners.external_user_keys,
            wanted.cohort in (None, enrollment.cohort),
            wanted.mode in (None, enrollment.mode),
            not excluded,
            _within(wanted.course_percent, 0.0 if grade is None else grade.percent),
            wanted.letter_grades is None
            or (grade is not None and grade.letter_grade in wanted.letter_grades),
            wanted.passing_statuses is None or status in wanted.passing_statuses,
            wanted.has_override in (None, overridden),
            wanted.updated_since is None
            or (
                grade is not None
                and grade.last_updated is not None
                and grade.last_updated >= wanted.updated_since
            ),
            _lets_through(wanted.subsection, one),
        )
    )


def _lets_through(wanted: SubsectionFilter | None, one: Member) -> bool:
    if wanted is None:
        return True
    percent = one.percent(wanted.usage_key)
    if wanted.percent is not None and (percent is None or not _within(wanted.percent, percent)):
        return False
    return wanted.statuses is None or one.status(wanted.usage_key) in wanted.statuses


def _within(wanted: PercentRange | None, percent: float) -> bool:
    if wanted is None:
        return True
    above = wanted.minimum is None or wanted.minimum <= percent
    return above and (wanted.maximum is None or percent <= wanted.maximum)


def in_order(order: GradebookOrder, members: Sequence[Member]) -> list[Member]:
    """Sort in plain Python: by value, those without one last, ties by user name going up."""
    by_name = sorted(members, key=lambda one: one.learner.username)
    if order.field is OrderField.USERNAME:
        return by_name[::-1] if order.descending else by_name
    known = [(value, one) for one in by_name if (value := value_of(order, one)) is not None]
    # Stable both ways: whoever ties stays in the order of names.
    known.sort(key=itemgetter(0), reverse=order.descending)
    return [*(one for _, one in known), *(one for one in by_name if value_of(order, one) is None)]


def value_of(order: GradebookOrder, one: Member) -> float | str | datetime | None:
    match order.field:
        case OrderField.FULL_NAME:
            name = one.learner.full_name
            return None if name is None else _ascii_lower(name)
        case OrderField.COURSE_PERCENT:
            return None if one.grade is None else one.grade.percent
        case OrderField.LAST_UPDATED:
            return None if one.grade is None else one.grade.last_updated
        case OrderField.SUBSECTION_PERCENT:
            return one.percent(order.usage_key or SUBSECTIONS[0])
        case OrderField.USERNAME:
            return None


def _ascii_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


ORDERS = tuple(
    GradebookOrder(one, descending, SUBSECTIONS[0] if "SUBSECTION" in one else None)
    for one in OrderField
    for descending in (False, True)
)
