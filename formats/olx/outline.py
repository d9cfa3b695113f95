"""The outline of a course: its blocks, followed from course.xml through the files they are in."""

import hashlib
from collections.abc import Iterator, Mapping

# Only the type of an element; what parses it is defusedxml.
from xml.etree.ElementTree import Element

from formats.olx import block_types
from formats.olx.block import Block
from formats.olx.course_warning import CourseWarningCode, Place
from formats.olx.document import UnreadableDocument, parse_xml
from formats.olx.reading import Reading
from formats.olx.settings import Settings, block_name
from grading import InvalidCourse, MalformedKey, UsageKey, usage_key_of

_ONLY_ONCE = frozenset({block_types.COURSE, block_types.CHAPTER, block_types.SEQUENTIAL})


class Outline:
    """Every block that the course leads to, each made once however many parents it has."""

    def __init__(self, reading: Reading, metadata: Mapping[str, Mapping[str, object]]) -> None:
        self._reading = reading
        self._metadata = metadata
        self._unfinished: set[UsageKey] = set()
        self.blocks: dict[UsageKey, Block] = {}
        self.files_read: set[str] = set()

    def course(self, element: Element, url_name: str, file: str) -> Block | None:
        """Return the course with all that it holds, None if its own file is of no use."""
        pointer = {"course", "org", "slug", "url_name"}
        return self._block(element, url_name, file, pointer, depth=0)

    def _block(
        self, element: Element, url_name: str, file: str, pointer: set[str], depth: int
    ) -> Block | None:
        block_type = element.tag
        try:
            usage_key = usage_key_of(self._reading.course_key, block_type, url_name)
        except MalformedKey as error:
            self._reading.faults.add(file, error.message)
            return None
        if usage_key in self._unfinished:
            self._reading.faults.add(file, f"{block_name(usage_key)} contains itself.")
            return None
        points_to_file = _is_pointer(element, pointer)
        known = self.blocks.get(usage_key)
        if known is not None:
            self._meet_again(known, file, inline=not points_to_file)
            return known
        if points_to_file:
            file = _file_of(block_type, url_name)
        definition = self._definition(usage_key, block_type, file) if points_to_file else element
        if definition is not None:
            definition = self._with_separate_content(usage_key, definition)
        if definition is None:
            return None
        block = Block(
            usage_key,
            block_type,
            url_name,
            file,
            Settings(
                usage_key,
                file,
                definition.attrib,
                self._metadata.get(block_name(usage_key), {}),
                self._reading,
            ),
            definition,
        )
        self._keep(block, depth)
        if block_type in block_types.CONTAINERS:
            self._unfinished.add(usage_key)
            block.places = list(self._places(block, depth + 1))
            self._unfinished.discard(usage_key)
        return block

    def _keep(self, block: Block, depth: int) -> None:
        if depth > self._reading.limits.depth:
            raise InvalidCourse(
                [f"{block.file}: blocks are nested more than {self._reading.limits.depth} deep."]
            )
        if len(self.blocks) >= self._reading.limits.blocks:
            raise InvalidCourse([f"It has more than {self._reading.limits.blocks} blocks."])
        self.blocks[block.usage_key] = block

    def _meet_again(self, block: Block, file: str, *, inline: bool) -> None:
        if block.block_type in _ONLY_ONCE:
            self._reading.faults.add(
                file, f"{block_name(block.usage_key)} is already in the course."
            )
        elif inline:
            self._reading.notes.add(
                CourseWarningCode.DUPLICATE_BLOCK,
                "{count} block(s) are defined again; the first definition counts",
                Place(block_name(block.usage_key), block.usage_key, file),
            )

    def _definition(self, usage_key: UsageKey, block_type: str, file: str) -> Element | None:
        if file not in self._reading.files:
            self._reading.notes.add(
                CourseWarningCode.MISSING_FILE,
                f"{{count}} {block_type} block(s) are left out: their files are not there",
                Place(file, usage_key, file),
            )
            return None
        self.files_read.add(file)
        try:
            element = parse_xml(self._reading.files[file])
        except UnreadableDocument as error:
            self._reading.faults.add(file, str(error))
            return None
        if element.tag != block_type:
            self._reading.faults.add(
                file, f"It must hold a <{block_type}>, not <{element.tag[:40]}>."
            )
            return None
        return element

    def _with_separate_content(self, usage_key: UsageKey, element: Element) -> Element | None:
        # An older layout: settings here, content in a file of another name.
        filename = element.get("filename")
        if not filename or len(element) or element.tag not in block_types.SCORED:
            return element
        content = self._definition(usage_key, element.tag, _file_of(element.tag, filename))
        if content is not None:
            content.attrib.update(element.attrib)
        return content

    def _places(self, block: Block, depth: int) -> Iterator[Block | None]:
        met: set[UsageKey] = set()
        for position, element in enumerate(block.element):
            if block.block_type == block_types.COURSE and element.tag in block_types.COURSE_EXTRAS:
                continue
            child = self._child(block, element, position, depth)
            if child is not None:
                if child.usage_key in met:
                    continue
                met.add(child.usage_key)
                child.parents.append(block)
            yield child

    def _child(self, parent: Block, element: Element, position: int, depth: int) -> Block | None:
        block_type = element.tag
        if block_type in block_types.UNSCORED:
            self._note_without_file(element)
            return None
        if block_type not in block_types.CONTAINERS | block_types.SCORED:
            self._note_unknown(parent, element, position)
            return None
        url_name = element.get("url_name") or element.get("slug")
        if not url_name:
            url_name = _made_up_name(parent, block_type, position)
            self._reading.notes.add(
                CourseWarningCode.MISSING_URL_NAME,
                "{count} block(s) have no url_name; their keys are made from their places",
                Place(
                    f"{block_type} in {parent.file}",
                    file=parent.file,
                    position=(parent.usage_key, position),
                ),
            )
        return self._block(element, url_name, parent.file, {"slug", "url_name"}, depth)

    def _note_without_file(self, element: Element) -> None:
        file = _file_of(element.tag, element.get("url_name", ""))
        if _is_pointer(element, {"url_name"}) and file not in self._reading.files:
            self._reading.notes.add(
                CourseWarningCode.MISSING_FILE,
                f"{{count}} {element.tag} file(s) are not there; they hold no grades",
                Place(file=file),
            )

    def _note_unknown(self, parent: Block, element: Element, position: int) -> None:
        self._reading.notes.add(
            CourseWarningCode.UNKNOWN_BLOCK_TYPE,
            f"{{count}} block(s) are of the unknown type {element.tag[:80]!r}: they and what is "
            "in them count for nothing",
            Place(
                element.get("url_name", "")[:80] or f"in {parent.file}",
                file=parent.file,
                position=(parent.usage_key, position),
            ),
        )


def _file_of(block_type: str, name: str) -> str:
    # As Open edX does it: a colon in a name is a folder in its path.
    return f"{block_type}/{name.replace(':', '/')}.xml"


def _is_pointer(element: Element, allowed: set[str]) -> bool:
    return (
        "url_name" in element.attrib
        and set(element.attrib) <= allowed
        and len(element) == 0
        and not (element.text or "").strip()
    )


def _made_up_name(parent: Block, block_type: str, position: int) -> str:
    place = f"{parent.block_type}/{parent.url_name}/{position}"
    digest = hashlib.sha1(place.encode(), usedforsecurity=False).hexdigest()
    return f"{block_type}_{digest[:12]}"
