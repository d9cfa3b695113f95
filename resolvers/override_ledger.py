"""The overrides of some learners while changes come in: what is new, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from db.courses import StoredCourse
from db.override_entries import OverrideEntry
from grading import (
    GradingError,
    LearnerId,
    LearnerRecord,
    OverrideAction,
    OverrideNotFound,
    OverrideSystem,
    Points,
    Regraded,
    ScoreOutOfRange,
    SubsectionGrade,
    SubsectionGradeOverride,
    SubsectionNotFound,
    UsageKey,
)
from resolvers.version_check import version_conflict


@dataclass(frozen=True, slots=True)
class OverrideValues:
    """Points to count instead of the computed ones; a part that is None follows the work."""

    earned_graded: float
    possible_graded: float | None = None
    earned_all: float | None = None
    possible_all: float | None = None


@dataclass(frozen=True, slots=True)
class OverrideChange:
    """An override to set, or with ``values`` None to remove.

    ``if_version`` is the version that the subsection grade must have, None for any.
    """

    learner_id: LearnerId
    usage_key: UsageKey
    values: OverrideValues | None
    system: OverrideSystem = OverrideSystem.GRADEBOOK
    reason: str | None = None
    allow_above_possible: bool = False
    if_version: str | None = None


class OverrideLedger:
    """Takes changes in against what is stored; ``overrides`` are those that change something."""

    def __init__(
        self,
        course: StoredCourse,
        records: Mapping[LearnerId, LearnerRecord],
        actor: str | None,
        now: datetime,
    ) -> None:
        self.course = course
        self.records = records
        self.actor = actor
        self.now = now
        self.overrides: dict[LearnerId, dict[UsageKey, SubsectionGradeOverride | None]] = {}
        self._taken: list[OverrideChange] = []

    def take(self, change: OverrideChange) -> OverrideChange | GradingError:
        """Take one change in, or return why it is refused; what changes nothing is left out."""
        refusal = self._refusal_of(change)
        return change if refusal is None else refusal

    def _refusal_of(self, change: OverrideChange) -> GradingError | None:
        subsection = self.course.content.subsections.get(change.usage_key)
        if subsection is None:
            return SubsectionNotFound(
                f"{change.usage_key} is no subsection in the present version of {self.course.key}.",
                field=["usageKey"],
            )
        record = self.records[change.learner_id]
        stored = record.subsection_grades.get(change.usage_key)
        conflict = version_conflict(
            change.if_version,
            0 if stored is None else stored.version,
            change.learner_id,
            change.usage_key,
        )
        if conflict is not None:
            return conflict
        present = None if stored is None else stored.override
        if change.values is None:
            if present is None:
                return OverrideNotFound(
                    "There is no override to remove: the computed grade counts already.",
                    field=["usageKey"],
                )
            self._note(change, None)
            return None
        computed = self.course.content.subsection_grade(subsection, record.scores)
        fault = None if change.allow_above_possible else _above_possible(change.values, computed)
        if fault is None:
            override = self._override(change, change.values, present)
            if present is None or _said(override) != _said(present):
                self._note(change, override)
        return fault

    def history(self, regraded: Mapping[LearnerId, Regraded]) -> list[OverrideEntry]:
        """Return what is to be remembered of the changes that were made."""
        return [
            self._entry(change, regraded[change.learner_id])
            for change in self._taken
            if change.learner_id in regraded
        ]

    def _note(self, change: OverrideChange, override: SubsectionGradeOverride | None) -> None:
        self.overrides.setdefault(change.learner_id, {})[change.usage_key] = override
        self._taken.append(change)

    def _override(
        self,
        change: OverrideChange,
        values: OverrideValues,
        present: SubsectionGradeOverride | None,
    ) -> SubsectionGradeOverride:
        return SubsectionGradeOverride(
            values.earned_all,
            values.possible_all,
            values.earned_graded,
            values.possible_graded,
            change.system,
            change.reason,
            self.actor,
            self.now if present is None else present.created_at,
            self.now,
        )

    def _entry(self, change: OverrideChange, regraded: Regraded) -> OverrideEntry:
        stored = self.records[change.learner_id].subsection_grades.get(change.usage_key)
        present = None if stored is None else stored.override
        override = self.overrides[change.learner_id][change.usage_key]
        if override is None:
            action = OverrideAction.DELETED
        else:
            action = OverrideAction.CREATED if present is None else OverrideAction.UPDATED
        return OverrideEntry(
            change.learner_id,
            change.usage_key,
            action,
            override,
            None if stored is None or not stored.engaged else _points(stored),
            _points(regraded.subsection_grades[change.usage_key]),
            present.system if override is None and present is not None else change.system,
            change.reason,
            self.actor,
            self.now,
        )


def _above_possible(values: OverrideValues, computed: SubsectionGrade) -> ScoreOutOfRange | None:
    parts = (
        (
            "earnedGraded",
            values.earned_graded,
            values.possible_graded,
            computed.computed_graded_total,
        ),
        ("earnedAll", values.earned_all, values.possible_all, computed.computed_all_total),
    )
    for name, earned, given, total in parts:
        possible = total.possible if given is None else given
        if earned is not None and earned > possible:
            return ScoreOutOfRange(
                f"{name} is {earned:g}, more than the {possible:g} points that are possible. "
                "Where that is meant, say allowAbovePossible.",
                minimum=0.0,
                maximum=possible,
                field=["values", name],
            )
    return None


def _said(override: SubsectionGradeOverride) -> tuple[object, ...]:
    return (*override.points, override.system, override.reason)


def _points(grade: SubsectionGrade) -> Points:
    return Points(grade.graded_total.earned, grade.graded_total.possible)
