"""Course exports (OLX): a folder or an archive in, the course as grading sees it out."""

from formats.olx.course_warning import CourseWarning, CourseWarningCode
from formats.olx.limits import Limits
from formats.olx.reader import ImportedCourse, read_course

__all__ = ["CourseWarning", "CourseWarningCode", "ImportedCourse", "Limits", "read_course"]
