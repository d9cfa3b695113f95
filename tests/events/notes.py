"""A log in memory, for tests that need no database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    place: int
    course_id: int


@dataclass
class NoteLog:
    """Notes at places 1, 2, 3 ...; those behind ``visible`` are not complete yet."""

    notes: list[Note] = field(default_factory=list)
    visible: int | None = None
    failures: int = 0
    reads: list[int] = field(default_factory=list)
    on_read: Callable[[], None] = lambda: None

    def write(self, *course_ids: int) -> None:
        for course_id in course_ids:
            self.notes.append(Note(len(self.notes) + 1, course_id))

    async def after(self, place: int, limit: int) -> list[Note]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the log is away")
        self.reads.append(place)
        page = self.notes[place : self.visible][:limit]
        self.on_read()
        return page

    async def end(self) -> int:
        return len(self.notes) if self.visible is None else self.visible

    async def has_incomplete(self) -> bool:
        return self.visible is not None and self.visible < len(self.notes)


def places(notes: Iterable[Note]) -> list[int]:
    return [note.place for note in notes]
