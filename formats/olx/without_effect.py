"""What an export says that changes grades in Open edX, or sounds like it, and not here."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from formats.olx import block_types
from formats.olx.block import Block
from formats.olx.course_warning import CourseWarningCode, Place
from formats.olx.outline import Outline
from formats.olx.reading import Reading
from formats.olx.wanted import DRAFTS_FOLDER

_OF_GRADES: Final = block_types.CONTAINERS | block_types.SCORED
# A setting that sounds like grades is reported, unless it is read or known to change nothing.
_SOUNDS_LIKE_GRADES: Final = re.compile(r"grad|weight|score|points|passing")
_KNOWN: Final = frozenset(
    {
        *("accept_grades_past_due", "enable_flexible_grading", "graceperiod", "graded"),
        *("has_score", "must_be_graded_by", "must_grade", "points", "weight"),
    }
)
_DATES: Final = {"relative_weeks_due": "personal due date", "start": "start date"}


def note_settings_without_effect(block: Block, reading: Reading) -> None:
    """Note the settings of a block that change nothing here."""
    settings, notes = block.settings, reading.notes
    if settings.value("group_access"):
        notes.add(
            CourseWarningCode.RESTRICTED_TO_GROUPS,
            "{count} block(s) are for some groups of learners only; here they count for everybody",
            block.place,
        )
    if block.block_type == block_types.COURSE:
        return
    for name, meaning in _DATES.items():
        if settings.value(name) is not None:
            notes.add(
                CourseWarningCode.SEPARATE_DATE,
                f"{{count}} block(s) have a {meaning} of their own, which changes nothing here",
                block.place,
            )
    for name in sorted(settings.names()):
        if _is_strange(name, block.block_type):
            notes.add(
                CourseWarningCode.UNKNOWN_ATTRIBUTE,
                f"{{count}} {block.block_type} block(s) set {name[:80]!r}; it changes nothing here",
                block.place,
            )


def _is_strange(name: str, block_type: str) -> bool:
    if name == "weight":
        return block_type in block_types.CONTAINERS
    return _SOUNDS_LIKE_GRADES.search(name) is not None and name not in _KNOWN


def note_left_over(
    outline: Outline, metadata: Mapping[str, Mapping[str, object]], reading: Reading
) -> None:
    """Note files and settings that the outline does not lead to."""
    for name in reading.files:
        folder = PurePosixPath(name).parts[0]
        if folder == DRAFTS_FOLDER:
            reading.notes.add(
                CourseWarningCode.DRAFT_LEFT_OUT,
                "{count} draft(s) are left out: learners do not see them",
                Place(name, file=name),
            )
        elif folder in _OF_GRADES and name.endswith(".xml") and name not in outline.files_read:
            reading.notes.add(
                CourseWarningCode.ORPHANED_FILE,
                "{count} file(s) belong to nothing in the course",
                Place(name, file=name),
            )
    known = {f"{block.block_type}/{block.url_name}" for block in outline.blocks.values()}
    for name in metadata:
        if name.partition("/")[0] in _OF_GRADES and name not in known:
            reading.notes.add(
                CourseWarningCode.SETTINGS_WITHOUT_BLOCK,
                "policy.json sets up {count} block(s) that are not in the course",
                Place(name[:80]),
            )
