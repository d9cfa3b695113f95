"""The course as grading sees it: sections, subsections, problems, in course order."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grading.keys import CourseKey, UsageKey


class ShowCorrectness(StrEnum):
    """When a learner may see the results of a subsection."""

    ALWAYS = "always"
    PAST_DUE = "past_due"
    NEVER = "never"
    NEVER_BUT_INCLUDE_GRADE = "never_but_include_grade"


@dataclass(frozen=True, slots=True)
class Problem:
    """A block that can be scored.

    ``weight`` is what its points are scaled to, None for as they are. ``max_score`` is what can be
    earned before weighting, None when the block cannot tell. ``graded`` None counts as true.
    """

    usage_key: UsageKey
    display_name: str | None = None
    weight: float | None = None
    max_score: float | None = 1.0
    graded: bool | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """A place where each learner meets only ``count`` of several branches of problems.

    Randomised libraries (a branch a problem) and split tests (a branch a group) are such places.
    """

    usage_key: UsageKey
    count: int
    branches: tuple[tuple[UsageKey, ...], ...]

    def left_out_by(self, scored: Container[UsageKey]) -> set[UsageKey]:
        """Return the problems that a learner with scores for ``scored`` does not meet here.

        Branches with a score were certainly met; what is left of ``count`` is filled up in
        course order, so that points possible are right before the first attempt.
        """
        attempted = [branch for branch in self.branches if any(key in scored for key in branch)]
        others = [branch for branch in self.branches if branch not in attempted]
        chosen = [*attempted, *others][: max(self.count, len(attempted))]
        met = {key for branch in chosen for key in branch}
        return {key for branch in self.branches for key in branch} - met


@dataclass(frozen=True, slots=True)
class Subsection:
    """A sequential: the graded part of a course that has an assignment type.

    ``problems`` are all that any learner may meet; ``selections`` say which of them some do not.
    """

    usage_key: UsageKey
    display_name: str | None = None
    format: str = ""
    graded: bool = False
    due: datetime | None = None
    show_correctness: ShowCorrectness = ShowCorrectness.ALWAYS
    problems: tuple[Problem, ...] = ()
    selections: tuple[Selection, ...] = ()

    def problems_for(self, scored: Container[UsageKey]) -> tuple[Problem, ...]:
        """Return the problems that count for a learner with scores for ``scored``."""
        if not self.selections:
            return self.problems
        # What one place leaves out stays out, whatever a place around it lets in.
        left_out = {key for place in self.selections for key in place.left_out_by(scored)}
        return tuple(problem for problem in self.problems if problem.usage_key not in left_out)


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: a named row of subsections."""

    usage_key: UsageKey
    display_name: str | None
    subsections: tuple[Subsection, ...]


@dataclass(frozen=True, slots=True)
class CourseStructure:
    """One version of a course's content. Immutable: a publish makes another."""

    course_key: CourseKey
    display_name: str | None
    start: datetime | None
    end: datetime | None
    sections: tuple[Section, ...]

    def subsections(self) -> Iterator[Subsection]:
        """Yield every subsection once, in course order."""
        seen: set[UsageKey] = set()
        for section in self.sections:
            for subsection in section.subsections:
                if subsection.usage_key not in seen:
                    seen.add(subsection.usage_key)
                    yield subsection
