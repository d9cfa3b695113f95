"""The file of documents that an operator trusts, as graphql-codegen writes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

LARGEST: Final = 20_000_000  # bytes


class NoTrustedDocuments(Exception):
    """The file is not there, or not what it should be."""


def read_trusted_documents(path: Path | None) -> Mapping[str, str]:
    """Read documents by their ids.

    :raises NoTrustedDocuments: with what a person has to mend.
    """
    name = "COURSEGRADE_TRUSTED_DOCUMENTS_FILE"
    if path is None:
        raise NoTrustedDocuments(f"COURSEGRADE_TRUSTED_DOCUMENTS needs a file: set {name}.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoTrustedDocuments(f"{name}: {path} cannot be read: {error.strerror}.") from error
    wrong = f"{name}: {path} must hold a JSON object of documents by their ids."
    if len(content) > LARGEST:
        raise NoTrustedDocuments(wrong)
    try:
        documents = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise NoTrustedDocuments(wrong) from error
    if not isinstance(documents, dict) or not documents:
        raise NoTrustedDocuments(wrong)
    if not all(isinstance(text, str) for text in documents.values()):
        raise NoTrustedDocuments(wrong)
    return documents


def faults_of_trusted_documents(path: Path | None) -> list[str]:
    """Return what is wrong with the file, nothing where it can be read."""
    try:
        read_trusted_documents(path)
    except NoTrustedDocuments as error:
        return [str(error)]
    return []
