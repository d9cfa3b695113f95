"""Who is asking, and what they may see or change."""

from dataclasses import dataclass

from grading import CourseNotFound, Forbidden


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. ``name`` is for the log; global staff may see and change everything."""

    name: str
    global_staff: bool


ANONYMOUS = Viewer("anonymous", global_staff=False)


def may_read_grades(viewer: Viewer) -> bool:
    """Tell whether the viewer may know of courses and of the grades in them."""
    return viewer.global_staff


def require_reader(viewer: Viewer) -> None:
    """Let only those pass who may know of courses and of the grades in them.

    :raises CourseNotFound: for all others, as if nothing were there.
    """
    if not may_read_grades(viewer):
        raise CourseNotFound("There is no such course, or you may not know of it.")


def require_writer(viewer: Viewer) -> None:
    """Let only those pass who may change grades.

    :raises Forbidden: for all others.
    """
    if not viewer.global_staff:
        raise Forbidden("Changing grades is for staff.")
