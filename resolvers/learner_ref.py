"""Names that clients call learners by."""

from dataclasses import dataclass
from typing import Final, Literal

from grading import LearnerId
from grading.keys import MAX_LEARNER_ID

MAX_LEARNER_ID_DIGITS: Final = len(str(MAX_LEARNER_ID))


@dataclass(frozen=True, slots=True)
class LearnerRef:
    """One way to name a learner, with the name."""

    kind: Literal["user_id", "username", "external_user_key"]
    name: str


def learner_id_of(text: str) -> LearnerId | None:
    """Return the user id that a text spells, None if it cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_LEARNER_ID_DIGITS):
        return None
    number = int(text)
    return LearnerId(number) if 0 < number <= MAX_LEARNER_ID else None
