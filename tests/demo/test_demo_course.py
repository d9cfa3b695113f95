"""The demonstration course: its export, its learners, its history."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from defusedxml import ElementTree

from demo import COURSE, LEARNERS, SCORES
from demo.generate import HISTORY_ENDS, write
from demo.outline import COURSE_KEY, tasks
from formats.csv_rows import open_csv
from formats.learners_csv import LearnerRow, read_learners
from formats.olx import read_course
from formats.scores_csv import ScoreRow, read_scores
from grading import LearnerId, parse_policy


def _learners() -> list[LearnerRow]:
    rows = list(read_learners(open_csv(LEARNERS)))
    return [row for row in rows if isinstance(row, LearnerRow)]


def _scores() -> list[ScoreRow]:
    rows = list(read_scores(open_csv(SCORES)))
    assert all(isinstance(row, ScoreRow) for row in rows)
    return [row for row in rows if isinstance(row, ScoreRow)]


def test_the_generator_writes_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path / "learners.csv", tmp_path / "scores.csv")
    assert (tmp_path / "learners.csv").read_bytes() == LEARNERS.read_bytes()
    assert (tmp_path / "scores.csv").read_bytes() == SCORES.read_bytes()


def test_the_course_has_the_assignments_that_its_policy_expects() -> None:
    policy = parse_policy((COURSE / "policies/2026/grading_policy.json").read_text("utf-8"))
    assert [
        (kind.name, kind.min_count, kind.drop_count, kind.weight)
        for kind in policy.assignment_types
    ] == [
        ("Homework", 8, 2, 0.3),
        ("Lab", 4, 1, 0.3),
        ("Midterm", 1, 0, 0.25),
        ("Final", 1, 0, 0.15),
    ]
    assert policy.weight_sum == 1.0
    assert policy.passing_threshold == 0.6
    assert Counter(task.format for task in tasks()) == {
        "Homework": 8,
        "Lab": 4,
        "Midterm": 1,
        "Final": 1,
        "": 4,
    }


def test_the_export_imports_without_a_warning_and_asks_for_as_many_answers() -> None:
    imported = read_course(COURSE)
    assert imported.messages == ()
    structure = imported.content.structure
    assert structure.course_key == COURSE_KEY
    assert structure.display_name == "The Night Sky With the Naked Eye"
    assert (structure.start, structure.end) == (
        datetime(2026, 9, 7, 6, 0, tzinfo=UTC),
        None,  # it never freezes
    )
    assert [
        (
            each.format,
            each.due,
            [(problem.usage_key, problem.max_score) for problem in each.problems],
        )
        for each in structure.subsections()
    ] == [
        (task.format, task.due, [(each.usage_key, each.answers) for each in task.questions])
        for task in tasks()
    ]


def test_graded_subsections_are_due_while_the_course_runs_and_practice_never_is() -> None:
    for task in tasks():
        if task.format:
            assert task.due is not None
            assert task.opens < task.due < datetime(2026, 12, 18, tzinfo=UTC)
        else:
            assert task.due is None


def test_every_file_of_the_export_is_part_of_the_course_once() -> None:
    pointers = Counter(
        (pointer.tag, pointer.attrib["url_name"])
        for path in COURSE.rglob("*.xml")
        for pointer in ElementTree.fromstring(path.read_bytes()).iter()
        if pointer.tag in {"chapter", "sequential", "vertical", "problem"}
        and "url_name" in pointer.attrib
    )
    files = {
        (path.parent.name, path.stem)
        for path in COURSE.rglob("*.xml")
        if path.parent.name in {"chapter", "sequential", "vertical", "problem"}
    }
    assert pointers == Counter(files)
    assert Counter(kind for kind, _ in files) == {
        "chapter": 6,
        "sequential": 18,
        "vertical": 24,
        "problem": 55,
    }


def test_problems_have_weights_several_answers_and_one_counts_for_nothing() -> None:
    problems = {
        path.stem: ElementTree.fromstring(path.read_bytes())
        for path in (COURSE / "problem").iterdir()
    }
    assert problems["midterm_three_places"].get("weight") == "6.0"
    assert [name for name, root in problems.items() if root.get("graded") == "false"] == [
        "lab_1_hours"
    ]
    answers = {
        question.usage_key.rpartition("@")[2]: question.answers
        for task in tasks()
        for question in task.questions
    }
    assert set(answers) == set(problems)
    assert answers["galilean_order"] == 4
    assert answers["midterm_three_places"] == 3
    assert answers["five_magnitudes"] == 1


def test_sixty_learners_are_enrolled_and_nobody_can_get_mail() -> None:
    learners = _learners()
    assert [row.user_id for row in learners] == list(range(101, 161))
    for field in ("username", "full_name", "email"):
        assert len({getattr(row, field) for row in learners}) == 60
    keys = [row.external_user_key for row in learners if row.external_user_key]
    assert len(set(keys)) == len(keys) > 0
    assert {row.course_key for row in learners} == {COURSE_KEY}
    assert {row.mode for row in learners} == {"audit", "verified"}
    assert {row.cohort for row in learners} == {"Northern sky", "Southern sky"}
    assert sum(not row.active for row in learners) == 2
    assert {str(row.email).partition("@")[2] for row in learners} == {"example.org", "example.com"}


def test_user_names_are_plain_letters() -> None:
    odd = [row.username for row in _learners() if not re.fullmatch("[a-z]+_[a-z]+", row.username)]
    assert odd == []


def test_the_history_is_in_order_and_ends_before_the_final() -> None:
    moments = [row.scored_at for row in _scores()]
    assert moments == sorted(moments)
    assert moments[0] > datetime(2026, 9, 7, tzinfo=UTC)
    assert datetime(2026, 11, 20, tzinfo=UTC) < moments[-1] < HISTORY_ENDS
    assert len(moments) < 3000


def test_scores_are_for_problems_of_the_course_and_within_their_range() -> None:
    answers = {
        question.usage_key: question.answers for task in tasks() for question in task.questions
    }
    names = {row.username for row in _learners()}
    for row in _scores():
        assert row.username in names
        assert row.raw_possible == answers[row.usage_key]
        assert row.raw_earned is not None
        assert 0 <= row.raw_earned <= row.raw_possible


def test_later_attempts_are_always_better() -> None:
    best: dict[tuple[str | None, str], float] = {}
    improved = 0
    for row in _scores():
        attempt = (row.username, row.usage_key)
        assert row.raw_earned is not None
        if attempt in best:
            assert row.raw_earned > best[attempt]
            improved += 1
        best[attempt] = row.raw_earned
    assert improved == 165


def test_there_is_somebody_of_every_sort() -> None:
    ids = {row.username: row.user_id for row in _learners()}
    active = {ids[row.username] for row in _scores() if row.username}
    assert sorted(set(ids.values()) - active) == [125, 142, 158, 160]  # never came
    perfect = [row for row in _scores() if row.username == "hanna_lindqvister"]
    assert all(row.raw_earned == row.raw_possible for row in perfect)
    done = {row.usage_key for row in perfect}
    closed = [task for task in tasks() if task.due and task.due < HISTORY_ENDS]
    assert all(question.usage_key in done for task in closed for question in task.questions)
    last = {row.username: row.scored_at for row in _scores()}
    assert last["lucia_ferrandiz"] < datetime(2026, 10, 12, tzinfo=UTC)  # dropped out
    assert ids["lucia_ferrandiz"] == LearnerId(112)
    first = {row.username: row.scored_at for row in reversed(_scores())}
    assert first["daichi_moriyama"] > datetime(2026, 10, 5, tzinfo=UTC)  # came late
