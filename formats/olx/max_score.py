"""What can be earned in a scored block, and what its points are scaled to."""

from collections.abc import Iterator

# Only the type of an element; what parses it is defusedxml.
from xml.etree.ElementTree import Element

from formats.olx import block_types
from formats.olx.block import Block
from formats.olx.capa import problem_max_score, unknown_responses
from formats.olx.course_warning import CourseWarningCode, Notes

_ASSIGNMENT_POINTS = 100.0
_WEIGHT = "weight"
_HAS_SCORE = "has_score"


def has_score(block: Block) -> bool:
    """Tell whether the block yields a score; some types are told by a setting."""
    if block.block_type in block_types.WORTH_THEIR_WEIGHT:
        said = block.settings.flag(_HAS_SCORE)
        return block_types.WORTH_THEIR_WEIGHT[block.block_type] if said is None else said
    return block.block_type in block_types.SCORED


def weight_of(block: Block) -> float | None:
    """Return what the block's points are scaled to, None for as they are."""
    if _WEIGHT in block.settings.names():
        return block.settings.points(_WEIGHT)
    if block.block_type in block_types.WORTH_THEIR_WEIGHT:
        return 1.0
    return block_types.ONE_POINT.get(block.block_type)


def max_score_of(block: Block, notes: Notes, most: float) -> float | None:
    """Return what can be earned before weighting, None when the block cannot tell."""
    score = _max_score(block, notes)
    if score is None or not 0 <= score <= most:
        notes.add(
            CourseWarningCode.UNKNOWN_MAX_SCORE,
            f"{{count}} {block.block_type} block(s) do not say what can be earned; they count "
            "once they are scored",
            block.place,
        )
        return None
    if score == 0:
        notes.add(
            CourseWarningCode.NOTHING_TO_EARN,
            f"In {{count}} {block.block_type} block(s) nothing can be earned",
            block.place,
        )
    return score


def _max_score(block: Block, notes: Notes) -> float | None:
    if block.block_type in block_types.WORTH_THEIR_WEIGHT:
        return weight_of(block)
    if block.block_type in block_types.ONE_POINT:
        return 1.0
    if block.block_type == block_types.STAFF_GRADED_ASSIGNMENT:
        if "points" in block.settings.names():
            return block.settings.points("points")
        return _ASSIGNMENT_POINTS
    if block.block_type == block_types.OPEN_ASSESSMENT:
        return _rubric_points(block.element)
    for name in unknown_responses(block.element):
        notes.add(
            CourseWarningCode.UNKNOWN_RESPONSE_TYPE,
            f"{{count}} problem(s) hold a <{name[:80]}>, which Open edX does not score",
            block.place,
        )
    return problem_max_score(block.element)


def _rubric_points(assessment: Element) -> float | None:
    rubric = assessment.find("rubric")
    if rubric is None:
        return None
    try:
        return float(sum(_best_options(rubric)))
    except (ValueError, OverflowError):
        return None


def _best_options(rubric: Element) -> Iterator[int]:
    for criterion in rubric.findall("criterion"):
        # One without options asks for words only.
        yield max(
            (int(option.get("points", "")) for option in criterion.findall("option")), default=0
        )
