"""Whether a grade is still the one that a writer has seen."""

from grading import LearnerId, UsageKey, VersionConflict


def version_conflict(
    expected: str | None, stored: int, learner_id: LearnerId, usage_key: UsageKey | None = None
) -> VersionConflict | None:
    """Return the conflict with a grade that is not of the version expected; None expects any.

    ``stored`` is 0 where there is no stored grade.
    """
    if expected is None or expected == str(stored):
        return None
    what = "course grade" if usage_key is None else "subsection grade"
    return VersionConflict(
        f"Somebody else has changed this {what}: it is at version {stored}, not {expected[:20]!r}. "
        "Look at it as it is now, and decide anew.",
        current_version=stored,
        learner_id=learner_id,
        usage_key=usage_key,
        field=["ifVersion"],
    )
