"""Problems of Open edX's own markup: how many points their answer fields are worth."""

from collections.abc import Iterator
from typing import Final

# Only the type of an element; what parses it is defusedxml.
from xml.etree.ElementTree import Element

_RESPONSES: Final = frozenset(
    {
        *("annotationresponse", "choiceresponse", "choicetextresponse", "coderesponse"),
        *("customresponse", "externalresponse", "formularesponse", "imageresponse"),
        *("javascriptresponse", "multiplechoiceresponse", "numericalresponse", "optionresponse"),
        *("schematicresponse", "stringresponse", "symbolicresponse", "truefalseresponse"),
    }
)
_ANSWER_FIELDS: Final = frozenset(
    {
        *("annotationinput", "checkboxgroup", "checkboxtextgroup", "chemicalequationinput"),
        *("choicegroup", "choicetextgroup", "codeinput", "crystallography"),
        *("designprotein2dinput", "drag_and_drop_input", "editageneinput"),
        *("editamoleculeinput", "filesubmission", "formulaequationinput", "imageinput"),
        *("javascriptinput", "jsinput", "matlabinput", "optioninput", "radiogroup"),
        *("radiotextgroup", "schematic", "textbox", "textline", "vsepr_input"),
    }
)
_ANNOTATION: Final = "annotationresponse"
# An annotation is right, half right or wrong: 2, 1 or 0 points, whatever its field says.
_ANNOTATION_POINTS: Final = 2
_POINTS: Final = "points"
_SUFFIX: Final = "response"


def problem_max_score(problem: Element) -> float | None:
    """Return the sum of the points of all answer fields, None if one of them cannot be told."""
    try:
        return float(sum(_points(response) for response in _responses(problem)))
    except (ValueError, OverflowError):
        return None


def unknown_responses(problem: Element) -> list[str]:
    """Return the names of what looks like a response and is none that Open edX scores."""
    return sorted(
        {
            element.tag
            for element in problem.iter()
            if element.tag.endswith(_SUFFIX) and element.tag not in _RESPONSES
        }
    )


def _responses(problem: Element) -> Iterator[Element]:
    return (element for element in problem.iter() if element.tag in _RESPONSES)


def _points(response: Element) -> int:
    fields = [element for element in response.iter() if element.tag in _ANSWER_FIELDS]
    if response.tag == _ANNOTATION:
        return _ANNOTATION_POINTS * len(fields)
    return sum(int(field.get(_POINTS, "1")) for field in fields)
