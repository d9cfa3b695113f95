"""What clients send beside the document."""

from collections.abc import Mapping

from schema.limits.limits import Limits
from schema.limits.refusals import refused

MAX_NESTING = 50  # lists and objects within each other; our deepest input has five


def check_variables(variables: Mapping[str, object], limits: Limits) -> None:
    """Check that no list is too long, and that nothing is nested without end.

    :raises GraphQLError: if not.
    """
    level: list[object] = [*variables.values()]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_NESTING + 1:
            what = "The variables are nested too deeply"
            raise refused("TOO_DEEP", what, f"more than {MAX_NESTING}", MAX_NESTING)
        deeper: list[object] = []
        for value in level:
            if isinstance(value, list):
                if len(value) > limits.list_items:
                    what = "A list in the variables has too many items"
                    raise refused("TOO_MANY_ITEMS", what, len(value), limits.list_items)
                deeper += value
            elif isinstance(value, dict):
                deeper += value.values()
        level = deeper
