"""The demonstration, loaded: every grade computed again here by other means."""

from collections import defaultdict
from datetime import timedelta

import pytest
from defusedxml import ElementTree

from db.course_grades import course_grades
from db.course_roles import standing_of_username
from db.courses import present_courses
from db.learners import Learner, save_learners
from demo import COURSE, SCORES
from demo.corrections import CORRECTIONS
from demo.outline import COURSE_KEY, tasks
from demo.roster import people
from grading import CourseKey, DuplicateItem, Forbidden, LearnerId
from resolvers import demonstration
from resolvers.access import Viewer
from resolvers.demonstration import demonstration_is_loaded, load_demonstration
from tests.factories import NOW, context_of
from tests.invariants import broken_rules
from tests.resolvers.stored_rows import counts, stored_rows
from tests.shared_material import csv_rows

# Name, weight, how many, how many of the worst are dropped.
POLICY = (
    ("Homework", 0.3, 8, 2),
    ("Lab", 0.3, 4, 1),
    ("Midterm", 0.25, 1, 0),
    ("Final", 0.15, 1, 0),
)


def _weights() -> dict[str, float | None]:
    """Read each problem's weight; 0 for those that count for nothing, None for none."""
    weights: dict[str, float | None] = {}
    for path in (COURSE / "problem").iterdir():
        problem = ElementTree.fromstring(path.read_bytes())
        weight = problem.get("weight")
        weights[path.stem] = float(weight) if weight else None
        if problem.get("graded") == "false":
            weights[path.stem] = 0.0
    return weights


def _expected_percents() -> dict[str, float]:
    """Grade everybody who has a score, by user name, in plain Python."""
    last: dict[str, dict[str, float]] = defaultdict(dict)
    for row in csv_rows(SCORES):  # oldest first
        last[row["username"]][row["usage_key"]] = float(row["score_given"])
    weights = _weights()
    corrected = {(one.learner, one.subsection): one.earned for one in CORRECTIONS}  # the last one
    percents = {}
    for username, scores in last.items():
        done = defaultdict(list)
        for task in tasks():
            earned = possible = 0.0
            for question in task.questions:
                weight = weights[question.usage_key.rpartition("@")[2]]
                share = 1.0 if weight is None else weight / question.answers
                earned += scores.get(question.usage_key, 0.0) * share
                possible += question.answers * share
            correction = corrected.get((username, task.name))
            earned = earned if correction is None else correction
            done[task.format].append(round(earned / possible, 4) if possible else 0.0)
        total = 0.0
        for name, weight, number, dropped in POLICY:
            assert len(done[name]) == number
            best = sorted(done[name])[dropped:]
            total += weight * sum(best) / len(best)
        percents[username] = round(total + 0.0005, 2)
    return percents


async def test_everybody_has_the_grade_that_the_scores_make(database: str) -> None:
    await load_demonstration(context_of())

    names = {person.user_id: person.username for person in people()}
    (course,) = (await present_courses([CourseKey(COURSE_KEY)])).values()
    grades = await course_grades([course.id], [LearnerId(number) for number in names])
    assert {
        names[learner_id]: grade.percent for (_, learner_id), grade in grades.items()
    } == _expected_percents()
    assert await broken_rules() == []


async def test_whoever_did_everything_lacks_nothing_but_the_final(database: str) -> None:
    await load_demonstration(context_of())

    (hanna,) = (LearnerId(one.user_id) for one in people() if one.username == "hanna_lindqvister")
    (course,) = (await present_courses([CourseKey(COURSE_KEY)])).values()
    grade = (await course_grades([course.id], [hanna]))[course.id, hanna]
    assert (grade.percent, grade.letter_grade, grade.passed) == (0.85, "B", True)


async def test_it_has_sixty_learners_and_two_teachers_and_fifty_six_grades(database: str) -> None:
    context = context_of()
    before = await demonstration_is_loaded(context)

    await load_demonstration(context)

    assert (before, await demonstration_is_loaded(context)) == (False, True)
    assert await counts() == {
        "course": 1,
        "course_version": 1,
        "course_publication": 1,
        "block": 6 + 18 + 55,
        "learner": 60 + 2,
        "enrollment": 60 + 2,
        "problem_score": 2153,
        "subsection_grade": 708 + 2,
        "override_entry": 7,
        "course_grade": 56,
        "grade_event": 708 + 56 + 56 + 15,
        "first_answer": 0,
    }


async def test_its_staff_have_their_roles_and_do_not_learn_in_it(database: str) -> None:
    await load_demonstration(context_of())

    found = {
        name: standing and (dict(standing.roles), standing.enrolled_in)
        for name in ("ottoline_brandvold", "tevita_halapua", "wanjiru_kamande")
        for standing in [await standing_of_username(name)]
    }
    key = CourseKey(COURSE_KEY)
    assert found == {
        "ottoline_brandvold": ({key: frozenset({"instructor"})}, frozenset()),
        "tevita_halapua": ({key: frozenset({"staff"})}, frozenset()),
        "wanjiru_kamande": ({key: frozenset({"beta_testers"})}, frozenset({key})),
    }


async def test_a_broken_off_load_is_finished_by_the_next_one(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demonstration, "CORRECTIONS", CORRECTIONS[:4])
    await load_demonstration(context_of())
    begun = await counts()
    monkeypatch.undo()

    await load_demonstration(context_of())

    assert (begun["override_entry"], (await counts())["override_entry"]) == (4, 7)


async def test_its_grades_never_freeze(database: str) -> None:
    in_ten_years = NOW + timedelta(days=3650)

    await load_demonstration(context_of(now=in_ten_years, freeze_after=timedelta(0)))

    assert (await counts())["course_grade"] == 56


async def test_loading_it_again_changes_nothing(database: str) -> None:
    await load_demonstration(context_of())
    before = await stored_rows()

    await load_demonstration(context_of(now=NOW + timedelta(days=1)))

    assert await stored_rows() == before


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param(Learner(LearnerId(101), "ann"), id="id"),
        pytest.param(Learner(LearnerId(7), "amara_okonjo"), id="name"),
    ],
)
async def test_it_takes_nobody_elses_place(database: str, stranger: Learner) -> None:
    await save_learners([stranger], now=NOW)
    before = await stored_rows()

    with pytest.raises(DuplicateItem, match=r"^The demonstration is not loaded: learner "):
        await load_demonstration(context_of())

    assert await stored_rows() == before


async def test_who_may_not_change_grades_loads_nothing(database: str) -> None:
    with pytest.raises(Forbidden):
        await load_demonstration(context_of(Viewer("ann", global_staff=False)))

    assert not any((await counts()).values())
