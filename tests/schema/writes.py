"""Every grade write of the schema, each with an input that changes something in the heat course."""

from dataclasses import dataclass
from typing import Any, Final

from tests.schema.execution import AS_STAFF, Asking, data
from tests.schema.heat import COURSE_KEY, problem
from tests.schema.overriding import BULK, ERRORS, EVENTS, REMOVE, SET, target

_ADA: Final = {"username": "ada"}
_UPDATE: Final = f"""
mutation ($input: UpdateGradeInput!) {{
  updateGrade(input: $input) {{
    courseGrade {{ id percent letterGrade passed passedAt lastUpdated version }} {EVENTS} {ERRORS}
  }}
}}
"""
_UPDATE_MANY: Final = f"""
mutation ($input: UpdateGradesInput!) {{
  updateGrades(input: $input) {{
    results {{
      learner {{ username }} courseGrade {{ percent lastUpdated version }} error {{ code message }}
    }}
    {ERRORS}
  }}
}}
"""
_RECORD: Final = f"""
mutation ($input: RecordScoresInput!) {{
  recordScores(input: $input) {{
    results {{ index applied courseGrade {{ percent lastUpdated version }} {ERRORS} }}
    {ERRORS}
  }}
}}
"""


@dataclass(frozen=True)
class Write:
    """A mutation and an input for it; ``another`` is what to change in it to ask for more."""

    document: str
    given: dict[str, Any]
    another: dict[str, Any]

    async def send(self, asking: Asking = AS_STAFF, /, **more: object) -> dict[str, Any]:
        """Send it with additions to its input; return the payload."""
        answered = await data(self.document, asking, input={**self.given, **more})
        (payload,) = answered.values()
        assert isinstance(payload, dict)
        return payload


def score(name: str, given: float | None, username: str = "ada", **more: object) -> dict[str, Any]:
    return {
        "learner": {"username": username},
        "usageKey": problem(name),
        "scoreGiven": given,
        "scoreMaximum": 10,
        "timestamp": "2026-02-02T00:00:00Z",
        **more,
    }


_TO_ALL: Final = [
    target("hw3", values={"earnedGraded": 5}),
    target("hw3", "bea", values={"earnedGraded": 6}),
    target("hw3", "nobody", values={"earnedGraded": 5}),
    target("lab1", values=None),
]

WRITES: Final = {
    "updateGrade": Write(
        _UPDATE,
        {"courseKey": COURSE_KEY, "learner": _ADA, "forceUpdateSubsections": True},
        {"forceUpdateSubsections": False},
    ),
    "updateGrades": Write(
        _UPDATE_MANY,
        {"courseKey": COURSE_KEY, "learners": [_ADA, {"username": "x"}, {"username": "bea"}]},
        {"learners": None},
    ),
    "recordScores": Write(
        _RECORD,
        {
            "courseKey": COURSE_KEY,
            "scores": [score("p4", 5), score("p4", 5, "x"), score("p5", -1), score("p6", None)],
        },
        {"scores": [score("p4", 4)]},
    ),
    "overrideSubsectionGrade": Write(
        SET,
        {"courseKey": COURSE_KEY, **target("exam"), "values": {"earnedGraded": 10}},
        {"reason": "Another one."},
    ),
    "removeSubsectionGradeOverride": Write(
        REMOVE, {"courseKey": COURSE_KEY, **target("lab1")}, {"reason": "Another one."}
    ),
    "bulkOverrideSubsectionGrades": Write(
        BULK, {"courseKey": COURSE_KEY, "items": _TO_ALL}, {"errorPolicy": "REJECT_EVERYTHING"}
    ),
}
