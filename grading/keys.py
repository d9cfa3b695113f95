"""Opaque keys: how courses, blocks and learners are named."""

import re
from typing import Final, NewType

from grading.errors import MalformedKey

CourseKey = NewType("CourseKey", str)
UsageKey = NewType("UsageKey", str)
LearnerId = NewType("LearnerId", int)

MAX_KEY_LENGTH: Final = 255
MAX_LEARNER_ID: Final = 2**63 - 1

_ROLE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PART = r"[\w\-~.:]+"
_COURSE_KEY = re.compile(rf"course-v1:({_PART})\+({_PART})\+({_PART})")
_USAGE_KEY = re.compile(
    rf"block-v1:({_PART}\+{_PART}\+{_PART})\+type@([\w\-~.:]+)\+block@([\w\-~.:%]+)"
)


def parse_course_key(text: str) -> CourseKey:
    """Return the course key that ``text`` spells.

    :raises MalformedKey: if it is not ``course-v1:ORG+COURSE+RUN``.
    """
    if len(text) > MAX_KEY_LENGTH or not _COURSE_KEY.fullmatch(text):
        raise MalformedKey(
            f"{text[:MAX_KEY_LENGTH]!r} is no course key; expected course-v1:ORG+COURSE+RUN."
        )
    return CourseKey(text)


def parse_usage_key(text: str) -> UsageKey:
    """Return the usage key that ``text`` spells.

    :raises MalformedKey: if it is not ``block-v1:ORG+COURSE+RUN+type@TYPE+block@ID``.
    """
    if len(text) > MAX_KEY_LENGTH or not _USAGE_KEY.fullmatch(text):
        raise MalformedKey(
            f"{text[:MAX_KEY_LENGTH]!r} is no usage key; "
            "expected block-v1:ORG+COURSE+RUN+type@TYPE+block@ID."
        )
    return UsageKey(text)


def parse_course_role(text: str) -> str:
    """Return the name of a role in a course that ``text`` spells: ``staff``, ``beta_testers``.

    :raises MalformedKey: if it is not in small letters, digits and underscores.
    """
    if not _ROLE.fullmatch(text):
        raise MalformedKey(
            f"{text[:MAX_KEY_LENGTH]!r} is no role in a course; Open edX has staff, instructor, "
            "beta_testers and others."
        )
    return text


def course_key_of(org: str, course: str, run: str) -> CourseKey:
    """Build a course key from its three parts.

    :raises MalformedKey: if a part is empty or has a character that keys may not have.
    """
    return parse_course_key(f"course-v1:{org}+{course}+{run}")


def usage_key_of(course_key: CourseKey, block_type: str, block_id: str) -> UsageKey:
    """Build the usage key of a block of this course.

    :raises MalformedKey: if type or id is empty or has a character that keys may not have.
    """
    course = course_key.removeprefix("course-v1:")
    return parse_usage_key(f"block-v1:{course}+type@{block_type}+block@{block_id}")


def block_type_of(usage_key: UsageKey) -> str:
    """Return the block's type: ``problem``, ``sequential``, ..."""
    return usage_key.partition("+type@")[2].partition("+block@")[0]
