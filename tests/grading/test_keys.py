"""Course keys and usage keys: what is one, what is none, and their parts."""

import pytest

from grading import (
    CourseKey,
    MalformedKey,
    UsageKey,
    block_type_of,
    course_key_of,
    parse_course_key,
    parse_usage_key,
    usage_key_of,
)
from grading.keys import MAX_KEY_LENGTH

COURSE = CourseKey("course-v1:edX+DemoX+Demo_Course")


@pytest.mark.parametrize(
    "text",
    [
        "course-v1:edX+DemoX+Demo_Course",
        "course-v1:a+b+c",
        "course-v1:Ünï+X.1~2+2024-T1",
        "course-v1:" + "a" * (MAX_KEY_LENGTH - len("course-v1:+b+c")) + "+b+c",
    ],
)
def test_a_course_key_is_kept_as_it_is_spelled(text: str) -> None:
    assert parse_course_key(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "course-v1:",
        "course-v1:edX+DemoX",
        "course-v1:edX+DemoX+",
        "course-v1:edX++Demo",
        "course-v1:edX+DemoX+Demo+More",
        "course-v1:edX+DemoX+Demo Course",
        "course-v1:edX+DemoX+Demo\n",
        " course-v1:edX+DemoX+Demo",
        "course-v1:edX+DemoX+Demo/2",
        "course-v1:edX+DemoX+De\x00mo",
        "course-v1:edX+DemoX+\ud800",
        "Course-V1:edX+DemoX+Demo",
        "edX/DemoX/Demo_Course",
        "library-v1:edX+Lib",
        "block-v1:edX+DemoX+Demo+type@problem+block@p",
        "course-v1:" + "a" * (MAX_KEY_LENGTH - len("course-v1:+b+c") + 1) + "+b+c",
    ],
)
def test_what_is_no_course_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedKey, match="is no course key; expected course-v1:ORG") as refusal:
        parse_course_key(text)

    assert refusal.value.code == "INVALID_INPUT"


@pytest.mark.parametrize(
    "text",
    [
        "block-v1:edX+DemoX+Demo_Course+type@problem+block@p1",
        "block-v1:edX+DemoX+Demo+type@drag-and-drop-v2+block@a.b~c:d-e",
        "block-v1:edX+DemoX+Demo+type@sequential+block@Week%201",
    ],
)
def test_a_usage_key_is_kept_as_it_is_spelled(text: str) -> None:
    assert parse_usage_key(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "block-v1:edX+DemoX+Demo",
        "block-v1:edX+DemoX+Demo+type@problem",
        "block-v1:edX+DemoX+Demo+type@+block@p",
        "block-v1:edX+DemoX+Demo+type@problem+block@",
        "block-v1:edX+DemoX+Demo+block@p+type@problem",
        "block-v1:edX+DemoX+type@problem+block@p",
        "block-v1:edX+DemoX+Demo+type@problem+block@p q",
        "block-v1:edX+DemoX+Demo+type@problem+block@p\n",
        "block-v1:edX+DemoX+Demo+branch@draft+type@problem+block@p",
        "course-v1:edX+DemoX+Demo",
        "i4x://edX/DemoX/problem/p",
        "block-v1:edX+DemoX+Demo+type@problem+block@" + "p" * MAX_KEY_LENGTH,
    ],
)
def test_what_is_no_usage_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedKey, match="is no usage key; expected block-v1:ORG"):
        parse_usage_key(text)


def test_a_refusal_quotes_no_more_than_a_key_can_be_long() -> None:
    with pytest.raises(MalformedKey) as refusal:
        parse_course_key("x" * 1_000_000)

    assert len(refusal.value.message) < 400


def test_keys_are_built_from_their_parts() -> None:
    assert course_key_of("edX", "DemoX", "Demo_Course") == COURSE
    assert usage_key_of(COURSE, "problem", "p1") == (
        "block-v1:edX+DemoX+Demo_Course+type@problem+block@p1"
    )


@pytest.mark.parametrize("part", ["", "a b", "a+b", "a/b"])
def test_a_key_is_not_built_from_a_bad_part(part: str) -> None:
    with pytest.raises(MalformedKey):
        course_key_of("edX", part, "run")
    with pytest.raises(MalformedKey):
        usage_key_of(COURSE, part, "p")
    with pytest.raises(MalformedKey):
        usage_key_of(COURSE, "problem", part)


@pytest.mark.parametrize("block_type", ["problem", "openassessment", "drag-and-drop-v2"])
def test_a_usage_key_knows_its_block_type(block_type: str) -> None:
    assert block_type_of(usage_key_of(COURSE, block_type, "p")) == block_type


def test_the_type_of_what_is_no_usage_key_is_empty() -> None:
    assert block_type_of(UsageKey("nonsense")) == ""
