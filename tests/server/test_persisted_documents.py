"""Documents that clients name: automatic persisted queries, and trusted documents."""

import json
from collections.abc import Mapping
from contextvars import copy_context
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from schema.operation_notes import OperationNotes, noted
from server.persisted_documents import KEPT, LARGEST_KEPT, PersistedDocuments
from server.refusals import Refused
from server.settings import Settings
from server.trusted_documents import NoTrustedDocuments, read_trusted_documents
from tests.server.live_server import LiveServer, serving, settings_of

HELLO: Final = "{ __typename }"
OTHER: Final = "{ again: __typename }"
TRUSTED: Final = {"id-of-hello": HELLO}
NOT_FOUND: Final = (200, "PERSISTED_QUERY_NOT_FOUND")
NOT_TRUSTED: Final = (400, "DOCUMENT_NOT_TRUSTED")
MISMATCH: Final = (400, "PERSISTED_QUERY_HASH_MISMATCH")
BAD: Final = (400, "BAD_REQUEST")


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def apq(text: str, **changes: object) -> dict[str, Any]:
    """Return the extension that names a document."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text), **changes}}


def outcome(
    documents: PersistedDocuments,
    query: str | None = None,
    id: str | None = None,
    extensions: Mapping[str, object] | None = None,
) -> object:
    """Return the text, or the status and code of the refusal."""
    try:
        return documents.text_of(query, id, extensions)
    except Refused as refused:
        return refused.status, refused.code


@pytest.fixture
def empty() -> PersistedDocuments:
    """Nothing trusted, nothing sent."""
    return PersistedDocuments()


def test_what_is_sent_is_run(empty: PersistedDocuments) -> None:
    assert outcome(empty, HELLO) == HELLO
    assert outcome(empty, HELLO, None, {"other": 1}) == HELLO
    assert outcome(empty, None) is None
    assert outcome(empty, "") is None


def test_a_document_is_kept_once_it_was_sent_with_its_hash(empty: PersistedDocuments) -> None:
    assert outcome(empty, None, None, apq(HELLO)) == NOT_FOUND
    assert outcome(empty, HELLO) == HELLO
    assert outcome(empty, None, None, apq(HELLO)) == NOT_FOUND
    assert outcome(empty, HELLO, None, apq(HELLO)) == HELLO
    assert outcome(empty, None, None, apq(HELLO)) == HELLO
    assert outcome(empty, "", None, apq(HELLO)) == HELLO
    upper = apq(HELLO, sha256Hash=hash_of(HELLO).upper())
    assert outcome(empty, None, None, upper) == HELLO


def test_a_hash_of_something_else_is_refused_and_not_kept(empty: PersistedDocuments) -> None:
    assert outcome(empty, OTHER, None, apq(HELLO)) == MISMATCH
    assert outcome(empty, None, None, apq(HELLO)) == NOT_FOUND


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ("x", BAD),
        ([], BAD),
        ({"version": 1}, BAD),
        ({"version": 1, "sha256Hash": 5}, BAD),
        ({"version": 1, "sha256Hash": "abc"}, BAD),
        ({"version": 1, "sha256Hash": "g" * 64}, BAD),
        ({"version": 2, "sha256Hash": "a" * 64}, (400, "PERSISTED_QUERY_NOT_SUPPORTED")),
        ({"sha256Hash": "a" * 64}, (400, "PERSISTED_QUERY_NOT_SUPPORTED")),
    ],
)
def test_malformed_extensions_are_refused(
    empty: PersistedDocuments, extension: object, expected: object
) -> None:
    assert outcome(empty, HELLO, None, {"persistedQuery": extension}) == expected


def test_only_the_last_thousand_are_kept(empty: PersistedDocuments) -> None:
    texts = [f"{{ a{number}: __typename }}" for number in range(KEPT + 1)]
    for text in texts[:KEPT]:
        empty.text_of(text, None, apq(text))
    assert outcome(empty, None, None, apq(texts[0])) == texts[0]
    empty.text_of(texts[KEPT], None, apq(texts[KEPT]))

    assert outcome(empty, None, None, apq(texts[0])) == texts[0]
    assert outcome(empty, None, None, apq(texts[1])) == NOT_FOUND
    assert outcome(empty, None, None, apq(texts[KEPT])) == texts[KEPT]


def test_long_documents_are_run_and_not_kept(empty: PersistedDocuments) -> None:
    longest = HELLO.ljust(LARGEST_KEPT)
    longer = f"{longest} "
    for text, kept in ((longest, longest), (longer, NOT_FOUND)):
        assert outcome(empty, text, None, apq(text)) == text
        assert outcome(empty, None, None, apq(text)) == kept


@pytest.mark.parametrize(
    ("mode", "known", "unknown", "sent", "kept"),
    [
        ("off", NOT_FOUND, NOT_FOUND, OTHER, OTHER),
        ("prefer", HELLO, NOT_FOUND, OTHER, OTHER),
        ("only", HELLO, NOT_TRUSTED, NOT_TRUSTED, NOT_TRUSTED),
    ],
)
def test_trusted_documents_have_three_modes(
    mode: Any,  # noqa: ANN401
    known: object,
    unknown: object,
    sent: object,
    kept: object,
) -> None:
    documents = PersistedDocuments(mode, TRUSTED)

    assert outcome(documents, None, "id-of-hello") == known
    assert outcome(documents, None, f"sha256:{hash_of(HELLO)}") == known
    assert outcome(documents, None, None, apq(HELLO)) == known
    assert outcome(documents, HELLO) == HELLO
    assert outcome(documents, None, "id-of-other") == unknown
    assert outcome(documents, None, None, apq(OTHER)) == unknown
    assert outcome(documents, OTHER) == sent
    assert outcome(documents, OTHER, None, apq(OTHER)) == sent
    assert outcome(documents, None, None, apq(OTHER)) == kept
    assert outcome(documents, HELLO, "id-of-hello") == BAD


def test_what_is_trusted_is_noted() -> None:
    documents = PersistedDocuments("prefer", TRUSTED)

    def is_noted(query: str | None, id: str | None = None) -> bool:
        notes = OperationNotes()
        context = copy_context()
        context.run(noted.set, notes)
        context.run(documents.text_of, query, id)
        return notes.trusted

    assert [is_noted(HELLO), is_noted(None, "id-of-hello"), is_noted(OTHER)] == [True, True, False]


def test_a_trusted_document_cannot_be_sent_under_a_wrong_hash() -> None:
    documents = PersistedDocuments("only", TRUSTED)

    assert outcome(documents, HELLO, None, apq(OTHER)) == MISMATCH


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"a": 1}', '{"a": "{ b }", "c": null}', "\udcff"]
)
def test_a_file_of_another_kind_is_a_fault(tmp_path: Path, content: str) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(NoTrustedDocuments, match="must hold a JSON object of documents"):
        read_trusted_documents(path)


def test_faults_are_told_before_the_server_starts(tmp_path: Path) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_text(json.dumps(TRUSTED), encoding="utf-8")

    def faults(**given: object) -> list[str]:
        return Settings.model_validate(given).faults_of_serving()

    assert faults(trusted_documents="only", trusted_documents_file=path) == []
    assert faults(trusted_documents="off", trusted_documents_file=tmp_path / "no") == []
    (unset,) = faults(trusted_documents="prefer")
    (missing,) = faults(trusted_documents="prefer", trusted_documents_file=tmp_path / "no")
    assert unset == (
        "COURSEGRADE_TRUSTED_DOCUMENTS needs a file: set COURSEGRADE_TRUSTED_DOCUMENTS_FILE."
    )
    assert missing.endswith("cannot be read: No such file or directory.")


async def post(server: LiveServer, **body: object) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient() as client:
        response = await client.post(server.graphql, json=body)
    return response.status_code, response.json()


def code_of(body: dict[str, Any]) -> str:
    assert "data" not in body
    (error,) = body["errors"]
    return str(error["extensions"]["code"])


async def test_persisted_queries_over_http(server: LiveServer) -> None:
    async with httpx.AsyncClient() as client:
        address = {"extensions": json.dumps(apq(HELLO))}
        unknown = await client.get(server.graphql, params=address)
        sent = await client.get(server.graphql, params={**address, "query": HELLO})
        known = await client.get(server.graphql, params=address)
    posted = await post(server, extensions=apq(HELLO))
    forged = await post(server, query=OTHER, extensions=apq(HELLO))

    assert unknown.status_code == 200
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert code_of(unknown.json()) == "PERSISTED_QUERY_NOT_FOUND"
    for answer in (sent.json(), known.json(), posted[1]):
        assert answer["data"] == {"__typename": "Query"}
    assert (forged[0], code_of(forged[1])) == MISMATCH


async def test_a_mutation_that_is_kept_is_still_none_for_get(server: LiveServer) -> None:
    text = 'mutation { updateGrade(input: {courseKey: "x"}) { __typename } }'
    await post(server, query=text, extensions=apq(text))

    async with httpx.AsyncClient() as client:
        answer = await client.get(server.graphql, params={"extensions": json.dumps(apq(text))})

    assert answer.status_code in {400, 405} or "errors" in answer.json()
    assert not answer.json().get("data")


async def test_persisted_queries_over_a_socket(server: LiveServer) -> None:
    text = "subscription { gradeEvents(courseKey: 5) { id } }"
    async with server.opened() as socket:
        named = {"extensions": apq(HELLO)}
        await socket.send(id="1", type="subscribe", payload=named)
        assert (await socket.refusal("1"))["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        await socket.send(id="1", type="subscribe", payload={**named, "query": HELLO})
        assert (await socket.next("1"))["data"] == {"__typename": "Query"}
        assert (await socket.receive())["type"] == "complete"
        await socket.send(id="2", type="subscribe", payload=named)
        assert (await socket.next("2"))["data"] == {"__typename": "Query"}
        assert (await socket.receive())["type"] == "complete"
        await socket.send(id="3", type="subscribe", payload={**named, "query": text})
        assert (await socket.refusal("3"))["extensions"]["code"] == MISMATCH[1]


@pytest.mark.parametrize("payload", [{}, {"extensions": {}}, {"documentId": 5}, {"query": None}])
async def test_a_socket_that_names_no_document_is_closed(
    server: LiveServer, payload: dict[str, object]
) -> None:
    async with server.opened() as socket:
        await socket.send(id="1", type="subscribe", payload=payload)

        assert (await socket.closed())[0] == 4400


async def test_only_trusted_documents_are_run(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_text(json.dumps(TRUSTED), encoding="utf-8")
    settings = settings_of(database_url, trusted_documents="only", trusted_documents_file=path)
    async with serving(settings) as live, live.opened() as socket:
        trusted = await post(live, documentId="id-of-hello")
        hashed = await post(live, extensions=apq(HELLO))
        strange = await post(live, query=OTHER)
        await socket.send(id="1", type="subscribe", payload={"documentId": "id-of-hello"})
        told = await socket.next("1")
        assert (await socket.receive())["type"] == "complete"
        await socket.subscribe("2", OTHER)
        refused = await socket.refusal("2")

    assert trusted[1]["data"] == hashed[1]["data"] == told["data"] == {"__typename": "Query"}
    assert (strange[0], code_of(strange[1])) == NOT_TRUSTED
    assert refused["extensions"]["code"] == NOT_TRUSTED[1]
