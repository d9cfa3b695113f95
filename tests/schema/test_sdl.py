"""The schema itself: what is committed, what describes itself, and what was agreed on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_specified_scalar_type,
    print_ast,
)

from schema import schema
from tests.schema.execution import data
from tests.shared_material import SHARED, requires_shared

COMMITTED: Final = Path(__file__).parents[2] / "schema" / "schema.graphql"
AGREED: Final = SHARED / "design" / "schema.graphql"

# What differs from the agreed schema on purpose. Each difference is one that can be taken back
# without breaking a client: arguments become optional, types and values are added.
NULL_IS_NO_SIZE: Final = "null is no size of a page, leaving it out is"
HIDDEN_IS_NULL: Final = "null where hidden from the viewer: no result is never a zero"
DIFFERENCES: Final = {
    "AssignmentTypeGrade.displayWeightedPercent": HIDDEN_IS_NULL,
    "AssignmentTypeGrade.percent": HIDDEN_IS_NULL,
    "AssignmentTypeGrade.weightedPercent": HIDDEN_IS_NULL,
    "CourseGrade.displayPercent": HIDDEN_IS_NULL,
    "CourseGrade.percent": HIDDEN_IS_NULL,
    "CourseGradePreview.displayPercent": HIDDEN_IS_NULL,
    "CourseGradePreview.percent": HIDDEN_IS_NULL,
    "SectionGrade.score": HIDDEN_IS_NULL,
    "SubsectionGrade.allTotal": HIDDEN_IS_NULL,
    "SubsectionGrade.computedAllTotal": HIDDEN_IS_NULL,
    "SubsectionGrade.computedGradedTotal": HIDDEN_IS_NULL,
    "SubsectionGrade.displayPercent": HIDDEN_IS_NULL,
    "SubsectionGrade.gradedTotal": HIDDEN_IS_NULL,
    "SubsectionGrade.percentGraded": HIDDEN_IS_NULL,
    "CourseGrade.history(first:)": f"not null: {NULL_IS_NO_SIZE}",
    "SubsectionGrade.overrideHistory(first:)": f"not null: {NULL_IS_NO_SIZE}",
    "GradeJob.errors(first:)": f"not null: {NULL_IS_NO_SIZE}",
    "Query.gradeEvents(first:)": f"not null: {NULL_IS_NO_SIZE}",
    "Subscription.passingStatusChanged(repeat:)": "not null: null is neither yes nor no",
    "Viewer.courses(first:)": f"not null: {NULL_IS_NO_SIZE}",
    "Viewer.user": "null for a service, which is nobody's learner",
    "SubsectionGradeChanged.subsectionGrade": "null once the course has lost the subsection",
}
# What the agreed schema does not have.
ADDITIONS: Final = {
    "CancelGradeJobInput": "jobs can be ended early",
    "CancelGradeJobPayload": "jobs can be ended early",
    "CourseGrade.algorithm": "stored with every grade (decisions 1.3)",
    "CourseGrade.explanation": "how the grade came about (decisions 1.4)",
    "CourseGrade.unroundedPercent": "stored with every grade (decisions 1.3)",
    "ExportGradesInput.format": "reports of two kinds, overrides and Parquet (issue 7)",
    "GradeExportFormat": "reports of two kinds, overrides and Parquet (issue 7)",
    "GradeErrorCode.EXPORT_EXPIRED": "what a download is refused with",
    "GradeErrorCode.EXPORT_NOT_READY": "what a download is refused with",
    "GradeErrorCode.FORMAT_UNAVAILABLE": "Parquet needs a library that is an extra",
    "GradeJob.importedLines": "a result for every line (issue 7)",
    "GradeJob.importedLines(after:)": "a result for every line (issue 7)",
    "GradeJob.importedLines(first:)": "a result for every line (issue 7)",
    "ImportGradesInput.errorPolicy": "as of other overrides in bulk",
    "ImportGradesInput.idempotencyKey": "every grade write (decisions 3.3)",
    "ImportGradesInput.reason": "kept in the history of each override",
    "ImportedChange": "a result for every line (issue 7)",
    "ImportedLine": "a result for every line (issue 7)",
    "ImportedLineConnection": "a result for every line (issue 7)",
    "ImportedLineEdge": "a result for every line (issue 7)",
    "ExplainedAssignmentType": "part of the explanation",
    "ExplainedEntry": "part of the explanation",
    "FreezeCause": "why grades are frozen (decisions 1.14: visible)",
    "GradesFreeze.cause": "why grades are frozen (decisions 1.14: visible)",
    "GradesFreeze.frozenSince": "what a refused write says can be asked for before it",
    "GradesFreeze.reason": "what staff said when they froze the grades",
    "SetGradesFrozenInput.reason": "what staff say when they freeze the grades",
    "GradeExplanation": "the explanation (decisions 1.4)",
    "GradeErrorCode.JOB_NOT_FOUND": "jobs can be ended early",
    "GradeJobState.CANCELLED": "jobs can be ended early",
    "GradingPolicyPreview": "what a policy would change, before anything is stored",
    "Mutation.cancelGradeJob": "jobs can be ended early",
    "Mutation.cancelGradeJob(input:)": "jobs can be ended early",
    "PreviewedGrade": "what a policy would change, before anything is stored",
    "UpdateGradingPolicyInput.dryRun": "what a policy would change, before anything is stored",
    "UpdateGradingPolicyPayload.preview": "what a policy would change, before anything is stored",
    "GradeErrorCode.IDEMPOTENCY_KEY_REUSED": "another input under a key (decisions 3.3)",
    "GradingAlgorithm": "the versions of the algorithm (decisions 1.3)",
    "GradeErrorCode.WEBHOOK_NOT_FOUND": "of webhooks",
    "Mutation.registerWebhook(input:)": "deliveries",
    "Mutation.registerWebhook": "deliveries (decisions 2.4), which the agreed schema leaves out",
    "Mutation.removeWebhook(input:)": "deliveries",
    "Mutation.removeWebhook": "deliveries",
    "Mutation.retryWebhook(input:)": "deliveries",
    "Mutation.retryWebhook": "deliveries",
    "Mutation.updateWebhook(input:)": "deliveries",
    "Mutation.updateWebhook": "deliveries",
    "ProblemScore.displayName": "a learner knows a problem by its title",
    "Query.gradeEventsCursor": "state and cursor in one query, to follow on without a gap",
    "RemoveSubsectionGradeOverrideInput.idempotencyKey": "every grade write (decisions 3.3)",
    "RenamedAssignmentType": "renamed types are named (issue 7)",
    "ScoreInput.ifVersion": "every grade write (decisions 3.3)",
    "Query.webhooks": "deliveries",
    "RegisterWebhookInput": "deliveries",
    "RemoveWebhookInput": "deliveries",
    "RemoveWebhookPayload": "deliveries",
    "RetryWebhookInput": "deliveries",
    "SubsectionGradeChanged.usageKey": "names the subsection where the course has lost it",
    "UpdateGradingPolicyPayload.renamedAssignmentTypes": "renamed types are named (issue 7)",
    "UpdateWebhookInput": "deliveries",
    "Webhook": "deliveries",
    "WebhookKind": "deliveries",
    "WebhookPayload": "deliveries",
    "WebhookState": "deliveries",
}


def committed() -> GraphQLSchema:
    return build_schema(COMMITTED.read_text(encoding="utf-8"))


def own_types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """Yield the types that are not GraphQL's own."""
    for name, kind in schema.type_map.items():
        if not name.startswith("__") and not is_specified_scalar_type(kind):
            yield kind


def members(schema: GraphQLSchema) -> dict[str, Any]:
    """Return everything that has a name, by the place where it stands."""
    found: dict[str, Any] = {}
    for kind in own_types(schema):
        found[kind.name] = kind
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                found[f"{kind.name}.{name}"] = field
                for argument, given in field.args.items():
                    found[f"{kind.name}.{name}({argument}:)"] = given
        elif isinstance(kind, GraphQLInputObjectType | GraphQLEnumType):
            members = kind.fields if isinstance(kind, GraphQLInputObjectType) else kind.values
            for name, member in members.items():
                found[f"{kind.name}.{name}"] = member
    return found


def shape(member: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return what clients rely on: kind or type, default, interfaces, exactly one of its fields."""
    if isinstance(member, GraphQLArgument | GraphQLInputField):
        # `= null` says no more than that it may be left out.
        text = "" if member.ast_node is None else print_ast(member.ast_node)
        default = text.partition(" = ")[2]
        return (str(member.type), "" if default == "null" else default)
    if isinstance(member, GraphQLNamedType):
        interfaces = sorted(one.name for one in getattr(member, "interfaces", ()))
        one_of = getattr(member, "is_one_of", False)
        return (type(member).__name__, *interfaces, f"oneOf: {one_of}")
    return (str(getattr(member, "type", "")),)


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema.as_str() + "\n", "run `make sdl`"


def test_everything_describes_itself() -> None:
    silent = [place for place, member in members(committed()).items() if is_silent(member)]

    assert silent == []


def is_silent(member: Any) -> bool:  # noqa: ANN401
    return not (member.description or "").strip()


def test_an_argument_without_a_description_would_be_found() -> None:
    found = members(build_schema('"A" type Query { "B" b("C" c: Int, d: Int): Int }'))

    assert [place for place, member in found.items() if is_silent(member)] == ["Query.b(d:)"]


@pytest.mark.shared
@requires_shared
def test_what_was_agreed_on_is_as_agreed_except_where_a_reason_is_written_down() -> None:
    ours = members(committed())
    agreed = members(build_schema(AGREED.read_text(encoding="utf-8")))

    different = {
        place: (shape(ours[place]), shape(agreed[place]))
        for place in ours.keys() & agreed.keys()
        if shape(ours[place]) != shape(agreed[place])
    }

    assert set(different) == set(DIFFERENCES), different


@pytest.mark.shared
@requires_shared
def test_nothing_is_added_to_what_was_agreed_on_without_a_reason() -> None:
    ours = members(committed())
    agreed = members(build_schema(AGREED.read_text(encoding="utf-8")))

    # The members of a type that is added need no reasons of their own.
    added = {
        place
        for place in ours.keys() - agreed.keys()
        if "." not in place or place.split(".")[0] in agreed
    }

    assert added == set(ADDITIONS)


def test_a_difference_in_nullability_or_default_would_be_found() -> None:
    def shapes(sdl: str) -> dict[str, tuple[str, ...]]:
        return {place: shape(member) for place, member in members(build_schema(sdl)).items()}

    ours = shapes("type Query { a(b: Int = 1): Int } input C { d: Int = 2 } enum E { F }")
    same = shapes("type Query { a(b: Int = 1): Int } input C { d: Int = 2 } enum E { F }")
    theirs = shapes("type Query { a(b: Int = 2): Int! } input C { d: Int! = 2 } enum E { G }")

    assert ours == same
    assert {place for place in ours.keys() & theirs.keys() if ours[place] != theirs[place]} == {
        "Query.a",
        "Query.a(b:)",
        "C.d",
    }
    assert ours.keys() ^ theirs.keys() == {"E.F", "E.G"}


async def test_clients_are_told_which_input_takes_exactly_one_field() -> None:
    answered = await data("{ __schema { types { name isOneOf } } }")

    assert [one["name"] for one in answered["__schema"]["types"] if one["isOneOf"]] == [
        "LearnerRef"
    ]
