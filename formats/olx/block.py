"""A block of the outline, as the files of an export define it."""

from dataclasses import dataclass, field

# Only the type of an element; what parses it is defusedxml.
from xml.etree.ElementTree import Element

from formats.olx.course_warning import Place
from formats.olx.settings import Settings, block_name
from grading import UsageKey


@dataclass(eq=False, slots=True)
class Block:
    """One block with what it holds. It may have several parents: the outline is no tree.

    ``places`` has None for each child that holds no grades.
    """

    usage_key: UsageKey
    block_type: str
    url_name: str
    file: str
    settings: Settings
    element: Element
    places: list["Block | None"] = field(default_factory=list)
    parents: list["Block"] = field(default_factory=list)

    @property
    def children(self) -> list["Block"]:
        """Return the blocks in here that grades can depend on."""
        return [block for block in self.places if block is not None]

    @property
    def place(self) -> Place:
        """Return where this block is, for a note about it."""
        return Place(block_name(self.usage_key), self.usage_key, self.file)
