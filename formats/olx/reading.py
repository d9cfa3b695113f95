"""One reading of an export: what it holds, and what has been found so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from formats.olx.course_warning import Notes
from formats.olx.faults import Faults
from formats.olx.limits import Limits
from grading import CourseKey


@dataclass(frozen=True, slots=True)
class Reading:
    """The files by path, the settings of policy.json by ``type/url_name``, and the findings."""

    course_key: CourseKey
    run: str
    files: Mapping[str, bytes]
    limits: Limits
    faults: Faults
    notes: Notes = field(default_factory=Notes)
