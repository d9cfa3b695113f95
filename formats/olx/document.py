"""XML and JSON that strangers wrote, read without doing what it asks for."""

import json

# Only the type of an element; what parses it is defusedxml.
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring


class UnreadableDocument(ValueError):
    """A file that is not what it must be; the text says why."""


def parse_xml(data: bytes) -> Element:
    """Return the root of an XML document without document type, entities or references.

    :raises UnreadableDocument: saying what is wrong.
    """
    text = decode(data)
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableDocument(
            "It declares a document type or entities, which are not read."
        ) from error
    except ParseError as error:
        raise UnreadableDocument(f"It is not well-formed XML ({error}).") from error
    except ValueError as error:
        raise UnreadableDocument("It is not well-formed XML.") from error
    return root


def parse_json_object(data: bytes) -> dict[str, object]:
    """Return a JSON document that is an object.

    :raises UnreadableDocument: saying what is wrong.
    """
    text = decode(data)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument("It is not JSON.") from error
    if not isinstance(document, dict):
        raise UnreadableDocument("It must be a JSON object.")
    return document


def decode(data: bytes) -> str:
    """Return the text of a file.

    :raises UnreadableDocument: if it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocument("It is not UTF-8.") from error
