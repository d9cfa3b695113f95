"""What schemathesis cannot know of our schema; it loads this by SCHEMATHESIS_HOOKS."""

from typing import Final

import schemathesis
from hypothesis import strategies as st
from hypothesis_graphql import nodes
from schemathesis.specs.graphql import validation

from demo.outline import COURSE_KEY
from schema.global_id import global_id

_BLOCK: Final = COURSE_KEY.replace("course-v1", "block-v1") + "+type@"
_TEXTS: Final = {
    "CourseKey": [COURSE_KEY, COURSE_KEY, COURSE_KEY, "course-v1:a+b+c", ""],
    "UsageKey": [
        f"{_BLOCK}problem+block@warmup_brightest",
        f"{_BLOCK}problem+block@retrograde",
        f"{_BLOCK}sequential+block@homework_1",
        "block-v1:",
    ],
    "ID": ["101", "102", "amara_okonjo", "STAR-3774", global_id("Course", 1), "0", "", "a b"],
    "DateTime": ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00.5+01:00", "2026-11-20", "now"],
}
# Refusals that a person can mend, and what a bug is called here. Without these words every error
# in a field counts as the server's, whatever its code.
_OURS: Final = {
    *("INVALID_INPUT", "CURSOR_EXPIRED", "TOO_MANY_ITEMS", "DUPLICATE_ITEM", "FORBIDDEN"),
    *("COURSE_NOT_FOUND", "LEARNER_NOT_FOUND", "LEARNER_NOT_ENROLLED"),
    *("SUBSECTION_NOT_FOUND", "BLOCK_NOT_FOUND"),
}
_BUGS: Final = {"INTERNAL_ERROR", "COMPUTATION_FAILED"}

for name, texts in _TEXTS.items():
    schemathesis.graphql.scalar(name, st.sampled_from(texts).map(nodes.String))
schemathesis.graphql.scalar("GradeFraction", st.floats(0, 2).map(nodes.Float))
validation.CLIENT_ERROR_MARKERS |= _OURS
validation.SERVER_ERROR_MARKERS |= _BUGS
