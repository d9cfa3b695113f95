"""What a line of the scores CSV must hold."""

from datetime import UTC, datetime

import pytest

from formats.csv_rows import RefusedLine
from formats.scores_csv import ScoreRow, read_scores
from grading import CourseKey, InvalidInput, LearnerId, UsageKey

PROBLEM = "block-v1:X+Y+Z+type@problem+block@p1"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _one(
    *,
    usage_key: str = PROBLEM,
    given: str = "3",
    maximum: str = "4",
    timestamp: str = "2026-11-20T12:00:00Z",
) -> ScoreRow | RefusedLine:
    (row,) = read_scores(
        [
            "user_id,usage_key,score_given,score_maximum,timestamp",
            f"7,{usage_key},{given},{maximum},{timestamp}",
        ]
    )
    return row


def _score(row: ScoreRow | RefusedLine) -> ScoreRow:
    assert isinstance(row, ScoreRow)
    return row


def test_a_line_is_a_raw_score_and_names_its_course_in_the_usage_key() -> None:
    assert _one() == ScoreRow(
        line=2,
        user_id=LearnerId(7),
        username=None,
        course_key=CourseKey("course-v1:X+Y+Z"),
        usage_key=UsageKey(PROBLEM),
        raw_earned=3.0,
        raw_possible=4.0,
        scored_at=NOON,
    )


def test_learners_may_go_by_user_name() -> None:
    (row,) = read_scores(
        [
            "username,usage_key,score_given,score_maximum,timestamp",
            f"amara,{PROBLEM},3,4,2026-11-20T12:00:00Z",
        ]
    )
    assert (_score(row).user_id, _score(row).username) == (None, "amara")


def test_of_two_columns_of_learners_each_line_fills_one_or_both() -> None:
    rows = list(
        read_scores(
            [
                "user_id,username,usage_key,score_given,score_maximum,timestamp",
                f"7,,{PROBLEM},3,4,2026-11-20T12:00:00Z",
                f",amara,{PROBLEM},3,4,2026-11-20T12:00:00Z",
                f"7,amara,{PROBLEM},3,4,2026-11-20T12:00:00Z",
                f",,{PROBLEM},3,4,2026-11-20T12:00:00Z",
            ]
        )
    )
    assert [(_score(row).user_id, _score(row).username) for row in rows[:3]] == [
        (7, None),
        (None, "amara"),
        (7, "amara"),
    ]
    assert rows[3] == RefusedLine(5, "It names no learner.", code="INVALID_INPUT")


def test_a_file_without_learners_is_refused_whole() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_scores(["usage_key,score_given,score_maximum,timestamp"])
    assert refusal.value.message == (
        "Missing: user_id or username. The columns are: usage_key, score_given, score_maximum, "
        "timestamp, user_id or username."
    )


def test_no_score_given_clears_and_zero_is_a_score() -> None:
    assert _score(_one(given="")).raw_earned is None
    assert _score(_one(given="0")).raw_earned == 0.0
    assert str(_score(_one(given="-0")).raw_earned) == "0.0"


def test_earned_above_the_maximum_is_kept_as_given() -> None:
    assert _score(_one(given="5.5", maximum="4")).raw_earned == 5.5


def test_a_maximum_of_zero_is_read() -> None:
    assert _score(_one(given="0", maximum="0")).raw_possible == 0.0


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf", "Infinity", "1e400", "-1", "-1e-9"])
def test_points_below_zero_or_not_finite_are_out_of_range(cell: str) -> None:
    for refused, column in (
        (_one(given=cell), "score_given"),
        (_one(maximum=cell), "score_maximum"),
    ):
        assert refused == RefusedLine(
            2,
            f"{column} must be a finite number from 0 on, not {cell}.",
            code="SCORE_OUT_OF_RANGE",
        )


@pytest.mark.parametrize("cell", ["x", "1_000", "0x10", "3/4", "?", "=1+1", "\u0663"])
def test_points_that_are_no_number_are_refused(cell: str) -> None:
    assert _one(given=cell) == RefusedLine(
        2, f"score_given must be a number, not {cell!r}.", code="INVALID_INPUT"
    )


def test_the_maximum_must_be_there_even_to_clear() -> None:
    assert _one(given="", maximum="") == RefusedLine(
        2, "score_maximum must be a number, not ''.", code="INVALID_INPUT"
    )


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-20T12:00:00Z",
        "2026-11-20T12:00:00+00:00",
        "2026-11-20 14:00:00+02:00",
        "2026-11-20T06:30-05:30",
        "20261120T120000Z",
    ],
)
def test_moments_are_iso_8601_with_a_zone_and_come_in_utc(cell: str) -> None:
    moment = _score(_one(timestamp=cell)).scored_at
    assert (moment, moment.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-20T12:00:00",
        "2026-11-20",
        "",
        "yesterday",
        "2026-02-30T12:00:00Z",
        "1795176000",
        "0001-01-01T00:00:00+02:00",
    ],
)
def test_a_moment_without_a_zone_or_sense_is_refused(cell: str) -> None:
    assert _one(timestamp=cell) == RefusedLine(
        2,
        "timestamp must be a date and time with a time zone, such as 2026-11-20T18:30:00Z, "
        f"not {cell!r}.",
        code="INVALID_INPUT",
    )


@pytest.mark.parametrize("key", ["", "p1", "course-v1:X+Y+Z", "i4x://X/Y/problem/p1"])
def test_a_malformed_usage_key_is_refused(key: str) -> None:
    assert _one(usage_key=key) == RefusedLine(
        2,
        f"{key!r} is no usage key; expected block-v1:ORG+COURSE+RUN+type@TYPE+block@ID.",
        code="INVALID_INPUT",
    )
