"""The workloads: operations of our schema, and requests that differ from each other."""

import pytest
from graphql import parse, validate

from bench.workloads import LEARNERS, WORKLOADS, WRITERS, Workload, variables_of
from schema import schema

EACH = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)


@EACH
def test_the_operation_is_one_of_our_schema(workload: Workload) -> None:
    assert validate(schema._schema, parse(workload.document)) == []


@EACH
def test_no_two_requests_of_a_turn_are_the_same(workload: Workload) -> None:
    asked = [repr(variables) for variables in variables_of(workload)]

    assert len(asked) > 5
    assert len(set(asked)) == len(asked)


def test_no_two_servers_change_the_same_learner() -> None:
    changed = [
        {score["learner"]["username"] for one in asked for score in one["input"]["scores"]}  # type: ignore[index]
        for asked in (variables_of(WORKLOADS["W5"], writer=number) for number in range(5))
    ]

    assert [len(names) for names in changed] == [WRITERS] * 5
    assert len(set.union(*changed)) == 5 * WRITERS < LEARNERS
