"""The freeze: when writes stop, and how that is said."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from grading import GradesFreeze, GradesFrozen, freeze_of

END = datetime(2024, 6, 1, 9, 30, tzinfo=UTC)
MONTH = timedelta(days=30)


def test_grades_freeze_after_thirty_days_and_not_on_the_dot() -> None:
    freeze = freeze_of(END, MONTH)

    assert freeze.freezes_at == END + MONTH
    assert not freeze.frozen(END + MONTH)
    assert freeze.frozen(END + MONTH + timedelta(microseconds=1))


@pytest.mark.parametrize(("end", "after"), [(None, MONTH), (END, None), (None, None)])
def test_without_an_end_or_a_span_grades_never_freeze(
    end: datetime | None, after: timedelta | None
) -> None:
    assert freeze_of(end, after) == GradesFreeze(None)
    assert not GradesFreeze(None).frozen(datetime.max.replace(tzinfo=UTC))
    GradesFreeze(None).require_open(datetime.max.replace(tzinfo=UTC))


def test_a_course_that_ends_with_the_calendar_never_freezes() -> None:
    assert freeze_of(datetime(9999, 12, 31, tzinfo=UTC), MONTH) == GradesFreeze(None)


def test_an_open_course_may_be_written() -> None:
    freeze_of(END, MONTH).require_open(END)


def test_a_frozen_course_says_since_when_in_utc() -> None:
    paris = timezone(timedelta(hours=2))
    freeze = freeze_of(datetime(2024, 6, 1, 0, 30, tzinfo=paris), timedelta(0))

    with pytest.raises(GradesFrozen) as refusal:
        freeze.require_open(END)

    assert refusal.value.code == "GRADES_FROZEN"
    assert refusal.value.message == (
        "The grades of this course are frozen since 2024-05-31 22:30 UTC, "
        "because the course has ended."
    )
    assert refusal.value.frozen_since == freeze.freezes_at
