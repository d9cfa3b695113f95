"""What can be scored in a subsection, in course order, and what learners meet only some of."""

from collections.abc import Mapping
from typing import Final

from formats.olx import block_types
from formats.olx.block import Block
from formats.olx.course_warning import CourseWarningCode, Notes, Place
from formats.olx.max_score import has_score, max_score_of, weight_of
from formats.olx.reading import Reading
from formats.olx.settings import block_name
from grading import Problem, Selection, UsageKey

_ALL: Final = -1


class SubsectionProblems:
    """Finds the problems of subsections, with what is worked out once for all of them."""

    def __init__(self, reading: Reading) -> None:
        self._notes = reading.notes
        self._most_points = reading.limits.points
        self._problems: dict[UsageKey, Problem] = {}
        self._explicit_graded: dict[UsageKey, bool | None] = {}

    def read(self, subsection: Block) -> tuple[tuple[Problem, ...], tuple[Selection, ...]]:
        """Return the problems in a subsection, each once, and its selections."""
        selections: list[Selection] = []
        scored = self._scored(subsection, {}, selections)
        return tuple(self._problem(block) for block in scored.values()), tuple(selections)

    def _scored(
        self,
        block: Block,
        finished: dict[UsageKey, dict[UsageKey, Block]],
        selections: list[Selection],
    ) -> dict[UsageKey, Block]:
        known = finished.get(block.usage_key)
        if known is not None:
            return known
        found: dict[UsageKey, Block] = {}
        if is_for_learners(block, self._notes):
            branches = []
            for place in self._met_places(block):
                below = {} if place is None else self._scored(place, finished, selections)
                branches.append(tuple(below))
                found |= below
            if has_score(block):
                found[block.usage_key] = block
            selection = self._selection(block, branches)
            if selection is not None:
                selections.append(selection)
        finished[block.usage_key] = found
        return found

    def _met_places(self, block: Block) -> list[Block | None]:
        if block.block_type != block_types.SPLIT_TEST:
            return block.places
        groups = _children_of_groups(block)
        if groups is None:
            self._notes.add(
                CourseWarningCode.GROUPS_UNLIKE_BRANCHES,
                "{count} split_test block(s) do not say which group meets what",
                block.place,
            )
            return block.places
        met = [place for place in block.places if place is not None and place.url_name in groups]
        if len(met) != len(block.places) or len(met) != len(groups):
            self._notes.add(
                CourseWarningCode.GROUPS_UNLIKE_BRANCHES,
                "{count} split_test block(s) have branches and groups that do not match; only "
                "what a group meets counts",
                block.place,
            )
        return list(met)

    def _selection(self, block: Block, branches: list[tuple[UsageKey, ...]]) -> Selection | None:
        count = _selected_count(block)
        if count is None or count >= len(branches) or not any(branches):
            return None
        name = f"{block_name(block.usage_key)}: {count} of {len(branches)}"
        self._notes.add(
            CourseWarningCode.RANDOMISED_CONTENT,
            f"In {{count}} {block.block_type} block(s) each learner meets only some branches",
            Place(name, block.usage_key, block.file),
        )
        return Selection(block.usage_key, count, tuple(branches))

    def _problem(self, block: Block) -> Problem:
        if block.usage_key not in self._problems:
            self._problems[block.usage_key] = Problem(
                block.usage_key,
                block.settings.text("display_name"),
                weight_of(block),
                max_score_of(block, self._notes, self._most_points),
                self._graded(block),
            )
        return self._problems[block.usage_key]

    def _graded(self, block: Block) -> bool | None:
        """Return the flag set on this very block, else what its parents make of it.

        Course, chapter and sequential never count. One parent that says yes wins; without one the
        last parent decides.
        """
        if block.block_type in block_types.STRUCTURAL:
            return None
        if block.usage_key not in self._explicit_graded:
            result = block.settings.flag("graded")
            if result is None:
                for parent in block.parents:
                    if parent.block_type not in block_types.STRUCTURAL:
                        result = result or self._graded(parent)
            self._explicit_graded[block.usage_key] = result
        return self._explicit_graded[block.usage_key]


def is_for_learners(block: Block, notes: Notes) -> bool:
    """Tell whether learners ever see a block; note it if they do not."""
    if not block.settings.flag("visible_to_staff_only"):
        return True
    notes.add(
        CourseWarningCode.STAFF_ONLY,
        "{count} block(s) are for staff only; they and what is in them are left out",
        block.place,
    )
    return False


def _selected_count(block: Block) -> int | None:
    if block.block_type in {block_types.SPLIT_TEST, block_types.RANDOMIZE}:
        return 1
    if block.block_type not in block_types.LIBRARIES:
        return None
    count = block.settings.whole_number("max_count")
    if count is None:
        return 1
    return None if count <= _ALL else count


def _children_of_groups(block: Block) -> set[str] | None:
    """Return the url_names of the children that the groups of a split test meet."""
    groups = block.settings.value("group_id_to_child")
    if not isinstance(groups, Mapping) or not groups:
        return None
    # Each is written i4x://ORG/COURSE/vertical/NAME or block-v1:...+block@NAME.
    return {str(child).replace("@", "/").rpartition("/")[2] for child in groups.values()}
