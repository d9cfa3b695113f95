"""What lies under policies/ in an export: the grading policy, and settings of single blocks."""

from collections.abc import Mapping
from typing import Final

from formats.olx.course_warning import CourseWarningCode, Notes, Place
from formats.olx.document import UnreadableDocument, decode, parse_json_object
from formats.olx.reading import Reading
from grading import DEFAULT_POLICY, GradingPolicy, InvalidGradingPolicy, parse_policy, policy_of

_GRADING_POLICY: Final = "grading_policy.json"
_ENTRY_KEYS: Final = frozenset(
    {
        *("type", "min_count", "drop_count", "weight", "short_label"),
        *("category", "section_type", "show_only_average", "hide_average", "starting_index"),
    }
)


def read_metadata(reading: Reading) -> Mapping[str, Mapping[str, object]]:
    """Return the settings that policy.json gives single blocks, by ``type/url_name``."""
    file = f"policies/{reading.run}/policy.json"
    if file not in reading.files:
        return {}
    try:
        document = parse_json_object(reading.files[file])
    except UnreadableDocument as error:
        reading.faults.add(file, str(error))
        return {}
    found: dict[str, Mapping[str, object]] = {}
    for name, settings in document.items():
        if isinstance(settings, dict):
            found[name] = settings
        else:
            reading.faults.add(file, f"{name[:80]!r} must be a JSON object.")
    return found


def read_grading_policy(reading: Reading) -> GradingPolicy:
    """Return the policy of the run, else the one at the top, else Open edX's default.

    :raises InvalidGradingPolicy: naming the file with every fault.
    """
    places = (f"policies/{reading.run}/{_GRADING_POLICY}", _GRADING_POLICY)
    file = next((place for place in places if place in reading.files), None)
    if file is None:
        reading.notes.add(
            CourseWarningCode.DEFAULT_POLICY_USED,
            "There is no grading policy; Open edX's default one is used",
            Place(f"expected {places[0]}", file=places[0]),
        )
        return policy_of({})
    try:
        document = parse_json_object(reading.files[file])
        policy = parse_policy(decode(reading.files[file]))
    except UnreadableDocument as error:
        raise InvalidGradingPolicy([f"{file}: {error}"]) from error
    except InvalidGradingPolicy as error:
        raise InvalidGradingPolicy([f"{file}: {fault}" for fault in error.faults]) from error
    _note_unknown_keys(document, file, reading.notes)
    return policy


def _note_unknown_keys(document: Mapping[str, object], file: str, notes: Notes) -> None:
    entries = document.get("GRADER", [])
    unknown = {*document} - {*DEFAULT_POLICY}
    for entry in entries if isinstance(entries, list) else []:
        unknown |= {*entry} - _ENTRY_KEYS
    for key in sorted(unknown):
        notes.add(
            CourseWarningCode.UNKNOWN_POLICY_KEY,
            f"The grading policy has a key {key[:80]!r} that changes nothing",
            Place(file=file),
        )
