"""Course content: one version of structure, policy and algorithm, which together make grades."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from grading.algorithm import Algorithm
from grading.digest import canonical_digest
from grading.keys import CourseKey, UsageKey
from grading.policy import GradingPolicy
from grading.score import ProblemScore, RecordedScore
from grading.structure import CourseStructure, Problem, Section, ShowCorrectness, Subsection
from grading.subsection_grade import SubsectionGrade, problem_scores, subsection_grade
from grading.visible_blocks import visible_blocks_digest

_MOST_HASHES = 10_000


@dataclass(frozen=True)
class CourseContent:
    """All of a course that decides its grades. Immutable, and safe to keep for as long as wanted.

    ``version`` names it in stored grades.
    """

    structure: CourseStructure
    policy: GradingPolicy
    algorithm: Algorithm
    version: str
    _hashes: dict[object, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def course_key(self) -> CourseKey:
        """Return the key of the course that this is a version of."""
        return self.structure.course_key

    @cached_property
    def subsections(self) -> Mapping[UsageKey, Subsection]:
        """Return every subsection by its key, in course order."""
        return {subsection.usage_key: subsection for subsection in self.structure.subsections()}

    @cached_property
    def sections(self) -> Mapping[UsageKey, Section]:
        """Return the section of every subsection, by the subsection's key."""
        found: dict[UsageKey, Section] = {}
        for section in self.structure.sections:
            for subsection in section.subsections:
                found.setdefault(subsection.usage_key, section)
        return found

    @cached_property
    def problems(self) -> Mapping[UsageKey, Problem]:
        """Return every problem by its key."""
        return {
            problem.usage_key: problem
            for subsection in self.subsections.values()
            for problem in subsection.problems
        }

    @cached_property
    def subsections_of_problem(self) -> Mapping[UsageKey, Sequence[Subsection]]:
        """Return the subsections that a problem feeds, in course order; usually one."""
        found: dict[UsageKey, list[Subsection]] = {}
        for subsection in self.subsections.values():
            for problem in subsection.problems:
                fed = found.setdefault(problem.usage_key, [])
                if subsection not in fed:
                    fed.append(subsection)
        return found

    @cached_property
    def graded_subsections_by_type(self) -> Mapping[str, Sequence[Subsection]]:
        """Return the graded subsections of every assignment type's name, in course order."""
        found: dict[str, list[Subsection]] = {}
        for section in self.structure.sections:
            # Open edX counts a subsection once a section: twice, if two sections hold it.
            for subsection in {each.usage_key: each for each in section.subsections}.values():
                if subsection.graded:
                    found.setdefault(subsection.format, []).append(subsection)
        return found

    @cached_property
    def sometimes_hidden(self) -> Sequence[Subsection]:
        """Return the subsections whose results learners may not always see."""
        return [
            subsection
            for subsection in self.subsections.values()
            if subsection.show_correctness is not ShowCorrectness.ALWAYS
        ]

    @cached_property
    def zero_grades(self) -> Mapping[UsageKey, SubsectionGrade]:
        """Return every subsection's grade for whoever has done nothing yet."""
        return {
            key: self.subsection_grade(subsection, {})
            for key, subsection in self.subsections.items()
        }

    def subsection_grade(
        self, subsection: Subsection, recorded: Mapping[UsageKey, RecordedScore]
    ) -> SubsectionGrade:
        """Grade one subsection from a learner's scores."""
        scores = problem_scores(subsection, recorded)
        return subsection_grade(
            subsection.usage_key,
            scores,
            visible_blocks_hash=self._visible_blocks_hash(scores),
            course_version=self.version,
        )

    def _visible_blocks_hash(self, scores: Iterable[ProblemScore]) -> str:
        # Learners who met the same problems for the same points share a hash: a class of
        # thousands needs a handful of digests. Weight and graded follow from these two.
        key = tuple([(score.usage_key, score.raw_possible) for score in scores])
        known = self._hashes.get(key)
        if known is None:
            if len(self._hashes) >= _MOST_HASHES:
                self._hashes.clear()
            blocks = [score.visible_block for score in scores]
            known = self._hashes[key] = visible_blocks_digest(self.course_key, blocks)
        return known


def content_version(structure: CourseStructure, policy: GradingPolicy, algorithm: Algorithm) -> str:
    """Return a name for this content that equal content, and only that, has as well."""
    return canonical_digest([repr(structure), policy.source, algorithm.value])
