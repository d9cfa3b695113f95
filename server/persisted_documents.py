"""Documents that clients name instead of sending them: trusted ones, and those they sent before."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Literal

from schema.operation_notes import noted
from server.refusals import Refused, bad_request

Mode = Literal["off", "prefer", "only"]

KEPT: Final = 1_000
LARGEST_KEPT: Final = 20_000  # bytes
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_PREFIX: Final = "sha256:"
_VERSION: Final = 1


class PersistedDocuments:
    """What is kept in this process. `mode` says whether others than the trusted may be run."""

    def __init__(self, mode: Mode = "off", trusted: Mapping[str, str] | None = None) -> None:
        self._mode = mode
        named = {} if trusted is None or mode == "off" else trusted
        by_hash = {_hash_of(text): text for text in named.values()}
        self._trusted: Mapping[str, str] = {**by_hash, **named}
        self._trusted_hashes = frozenset(by_hash)
        self._sent: OrderedDict[str, str] = OrderedDict()

    def text_of(
        self,
        query: str | None,
        document_id: str | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> str | None:
        """Return the document that a request means; None if it neither has nor names one.

        `document_id` is the request's `documentId`; the extension `persistedQuery` is Apollo's.

        :raises Refused: if it is not known, not trusted, or not the one that its hash names.
        """
        hashed = _hash_in(extensions or {})
        if not query:
            name = hashed if document_id is None else document_id.removeprefix(_PREFIX)
            return None if name is None else self._named(name)
        if document_id is not None:
            raise bad_request("Send either a query or a documentId.")
        if hashed is None and self._mode == "off":
            return query
        found = _hash_of(query)
        if hashed is not None and hashed != found:
            message = "The persistedQuery's sha256Hash is not that of the query."
            raise Refused(400, "PERSISTED_QUERY_HASH_MISMATCH", message)
        if found in self._trusted_hashes:
            return _trusted(query)
        if self._mode == "only":
            raise _not_trusted()
        if hashed is not None:
            self._keep(hashed, query)
        return query

    def _named(self, name: str) -> str:
        if name in self._trusted:
            return _trusted(self._trusted[name])
        if self._mode == "only":
            raise _not_trusted()
        if name not in self._sent:
            # Apollo's clients look for this very text or code, and then send the document.
            raise Refused(200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        self._sent.move_to_end(name)
        return self._sent[name]

    def _keep(self, name: str, query: str) -> None:
        if len(query.encode()) > LARGEST_KEPT:
            return
        self._sent[name] = query
        self._sent.move_to_end(name)
        if len(self._sent) > KEPT:
            self._sent.popitem(last=False)


def _trusted(text: str) -> str:
    if notes := noted.get():
        notes.trusted = True
    return text


def _not_trusted() -> Refused:
    message = "Only the operator's own documents are run here: send the id of one."
    return Refused(400, "DOCUMENT_NOT_TRUSTED", message)


def _hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _hash_in(extensions: Mapping[str, object]) -> str | None:
    asked = extensions.get("persistedQuery")
    if asked is None:
        return None
    hashed = asked.get("sha256Hash") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or not isinstance(hashed, str):
        raise bad_request("The extension persistedQuery must have a sha256Hash.")
    if asked.get("version") != _VERSION:
        message = "The extension persistedQuery is known in version 1."
        raise Refused(400, "PERSISTED_QUERY_NOT_SUPPORTED", message)
    if not _HASH.fullmatch(hashed.lower()):
        raise bad_request("The sha256Hash of persistedQuery must be 64 hexadecimal digits.")
    return hashed.lower()
