"""A query for everything that can be reached from a learner's grade, made from the schema."""

from typing import Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from schema import schema
from tests.schema.heat import COURSE_KEY, problem, sequential

_SCHEMA: Final = build_schema(schema.as_str())

# Fields that need arguments, with all that are to be tried; and what is not for learners.
_ARGUMENTS: Final = {
    "CourseGrade.subsectionGrade": [f'(usageKey: "{sequential(one)}")' for one in ("hw1", "exam")],
    "CourseGrade.whatIf": [
        f'(scores: [{{usageKey: "{one}", earned: 1}}])'
        for one in (problem("p1"), problem("p6"), sequential("hw1"), sequential("exam"))
    ],
    "Course.subsection": [f'(usageKey: "{sequential("exam")}")'],
}
_OF_STAFF: Final = {"Course.gradebook", "Course.gradeStatistics", "Subsection.gradeStatistics"}
_BACK_UP: Final = {"Course", "CourseGrade"}


def everything_query() -> str:
    """Return a document that asks for every field that can be reached from a course."""
    return f'{{ course(courseKey: "{COURSE_KEY}") {_selection("Course", ("Course",))} }}'


def fields_asked(document: str) -> int:
    """Count the words of a document, to see that it is a big one."""
    return len(document.split())


def _selection(name: str, path: tuple[str, ...]) -> str:
    kind = _SCHEMA.type_map[name]
    if isinstance(kind, GraphQLInterfaceType):
        parts = [
            f"... on {one.name} {_selection(one.name, (*path, one.name))}"
            for one in _SCHEMA.get_implementations(kind).objects
        ]
        return f"{{ __typename {' '.join(parts)} }}"
    assert isinstance(kind, GraphQLObjectType)
    parts = [
        text
        for field_name, field in kind.fields.items()
        for text in _field(f"{name}.{field_name}", field_name, field, path)
    ]
    return f"{{ __typename {' '.join(parts)} }}"


def _field(place: str, name: str, field: GraphQLField, path: tuple[str, ...]) -> list[str]:
    if place in _OF_STAFF:
        return []
    type_name = get_named_type(field.type).name
    if is_leaf_type(get_named_type(field.type)):
        below = ""
    elif type_name in path or (type_name in _BACK_UP and len(path) > 1):
        return []
    else:
        below = _selection(type_name, (*path, type_name))
    if place not in _ARGUMENTS:
        required = [one for one, given in field.args.items() if is_required_argument(given)]
        assert not required, f"say what {place} is to be asked with"
        return [f"{_alias(place, 0)}: {name} {below}"]
    return [
        f"{_alias(place, at)}: {name}{arguments} {below}"
        for at, arguments in enumerate(_ARGUMENTS[place])
    ]


def _alias(place: str, at: int) -> str:
    # Fields of one name with different types would not merge in fragments.
    return f"{place.replace('.', '_')}_{at}"
