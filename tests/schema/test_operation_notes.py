"""What is noted of an operation: of several results the worst, and every code."""

import pytest
from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from schema.operation_notes import OperationNotes, Outcome


def error(code: str | None, path: list[str | int] | None = None) -> GraphQLError:
    return GraphQLError("no", path=path, extensions={"code": code} if code else None)


def noted_of(*results: ExecutionResult) -> OperationNotes:
    notes = OperationNotes()
    for result in results:
        notes.take(result)
    return notes


FINE = ExecutionResult(data={"a": 1}, errors=None)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (FINE, Outcome.OK),
        (ExecutionResult({"a": None}, [error("FORBIDDEN", ["a"])]), Outcome.PARTIAL),
        (ExecutionResult(None, [error("FORBIDDEN", ["a"])]), Outcome.PARTIAL),
        (ExecutionResult({"a": None}, [error("INTERNAL_ERROR", ["a"])]), Outcome.INTERNAL),
        (ExecutionResult({"a": None}, [error(None, ["a"])]), Outcome.INTERNAL),
        (ExecutionResult({"a": None}, [error("TIMEOUT", ["a"])]), Outcome.TIMEOUT),
        (PreExecutionError(None, [error("GRAPHQL_PARSE_FAILED")]), Outcome.REQUEST_ERROR),
        (ExecutionResult(None, [error("GRAPHQL_VALIDATION_FAILED")]), Outcome.REQUEST_ERROR),
        (PreExecutionError(None, [error("TOO_COSTLY")]), Outcome.REFUSED),
        (PreExecutionError(None, [error("CURSOR_EXPIRED", ["a"])]), Outcome.REFUSED),
    ],
)
def test_an_outcome_follows_from_the_errors(result: ExecutionResult, outcome: Outcome) -> None:
    assert noted_of(result).outcome is outcome


def test_of_several_results_the_worst_counts_and_every_code() -> None:
    bad = ExecutionResult({"a": None}, [error("FORBIDDEN", ["a"]), error("FORBIDDEN", ["b"])])
    worse = ExecutionResult({"a": None}, [error("TIMEOUT", ["a"])])

    notes = noted_of(FINE, worse, bad, FINE)

    assert (notes.outcome, notes.results) == (Outcome.TIMEOUT, 4)
    assert notes.codes == {"FORBIDDEN": 2, "TIMEOUT": 1}
