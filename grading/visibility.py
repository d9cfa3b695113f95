"""Visibility: which results a learner may see, and which of the hidden ones count all the same.

The rules are Open edX's for ``show_correctness``. Staff see everything.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grading.content import CourseContent
from grading.keys import UsageKey
from grading.structure import ShowCorrectness, Subsection


class Visibility(StrEnum):
    """Whether the learner may see a result now, and if not why not."""

    VISIBLE = "VISIBLE"
    HIDDEN_UNTIL_DUE = "HIDDEN_UNTIL_DUE"
    HIDDEN = "HIDDEN"
    HIDDEN_BUT_COUNTED = "HIDDEN_BUT_COUNTED"


class HiddenContribution(StrEnum):
    """How much of an assignment type the learner may not see."""

    NONE = "NONE"
    SOME = "SOME"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class LearnersView:
    """What is hidden from learners at one moment; everything else is visible.

    ``uncounted`` are the subsections that do not even count in the totals that learners see.
    """

    hidden: Mapping[UsageKey, Visibility]
    uncounted: frozenset[UsageKey]

    def visibility(self, usage_key: UsageKey) -> Visibility:
        """Return whether learners may see a subsection's results."""
        return self.hidden.get(usage_key, Visibility.VISIBLE)

    def conceals(self, usage_key: UsageKey) -> bool:
        """Tell whether a subsection's results are hidden."""
        return usage_key in self.hidden

    def without(self, usage_keys: AbstractSet[UsageKey]) -> "LearnersView":
        """Return the view in which these subsections are visible."""
        if self.hidden.keys().isdisjoint(usage_keys):
            return self
        return LearnersView(
            {key: why for key, why in self.hidden.items() if key not in usage_keys},
            self.uncounted - usage_keys,
        )

    def strictly(self) -> "LearnersView":
        """Return the view in which nothing counts that is hidden."""
        return LearnersView(self.hidden, frozenset(self.hidden))


EVERYTHING = LearnersView({}, frozenset())


def visibility_of(subsection: Subsection, now: datetime) -> Visibility:
    """Return whether learners may see a subsection's results now.

    Without a due date nothing is waited for.
    """
    due = subsection.due is None or subsection.due < now
    match subsection.show_correctness:
        case ShowCorrectness.NEVER:
            return Visibility.HIDDEN
        case ShowCorrectness.NEVER_BUT_INCLUDE_GRADE:
            return Visibility.HIDDEN_BUT_COUNTED if due else Visibility.HIDDEN
        case ShowCorrectness.PAST_DUE if not due:
            return Visibility.HIDDEN_UNTIL_DUE
    return Visibility.VISIBLE


def learners_view(
    content: CourseContent, now: datetime, older: CourseContent | None = None
) -> LearnersView:
    """Return what a course hides from its learners now.

    The present content decides; of what only an ``older`` version has, that version.
    """
    subsections = list(content.sometimes_hidden)
    if older is not None and older is not content:
        subsections.extend(
            one for one in older.sometimes_hidden if one.usage_key not in content.subsections
        )
    if not subsections:
        return EVERYTHING
    hidden = {}
    for subsection in subsections:
        visibility = visibility_of(subsection, now)
        if visibility is not Visibility.VISIBLE:
            hidden[subsection.usage_key] = visibility
    return LearnersView(
        hidden,
        frozenset(key for key, why in hidden.items() if why is not Visibility.HIDDEN_BUT_COUNTED),
    )


def counting_subsections(content: CourseContent) -> Iterator[Subsection]:
    """Yield the subsections that assignment types of the policy are made of."""
    for kind in content.policy.assignment_types:
        yield from content.graded_subsections_by_type.get(kind.name, ())


def withholds_figures(content: CourseContent, view: LearnersView) -> bool:
    """Tell whether the course grade that learners see lacks some of what it is made of."""
    return any(one.usage_key in view.uncounted for one in counting_subsections(content))


def course_visibility(content: CourseContent, view: LearnersView, *, concealed: bool) -> Visibility:
    """Return whether learners may see a course grade; ``concealed`` if nothing of it is left."""
    if not concealed:
        return Visibility.VISIBLE
    why = {view.visibility(one.usage_key) for one in counting_subsections(content)}
    if Visibility.HIDDEN_UNTIL_DUE in why:
        return Visibility.HIDDEN_UNTIL_DUE
    return Visibility.HIDDEN


def hidden_contribution(
    content: CourseContent, type_name: str, view: LearnersView
) -> HiddenContribution:
    """Return how much of an assignment type comes from results that learners may not see."""
    subsections = content.graded_subsections_by_type.get(type_name, ())
    hidden = sum(view.conceals(subsection.usage_key) for subsection in subsections)
    if hidden == 0:
        return HiddenContribution.NONE
    return HiddenContribution.ALL if hidden == len(subsections) else HiddenContribution.SOME


def last_publication(content: CourseContent, type_name: str, view: LearnersView) -> datetime | None:
    """Return when the last of a type's results that wait for their due date becomes visible."""
    dues = [
        subsection.due
        for subsection in content.graded_subsections_by_type.get(type_name, ())
        if view.visibility(subsection.usage_key) is Visibility.HIDDEN_UNTIL_DUE
        and subsection.due is not None
    ]
    return max(dues, default=None)
