"""Grading policies: what is read, what is refused, and how a percent becomes a letter."""

import json
from typing import Any

import pytest

from grading import DEFAULT_POLICY, GradeCutoff, InvalidGradingPolicy, parse_policy, policy_of
from grading.policy import MAX_ASSIGNMENT_TYPES, MAX_LETTER_LENGTH
from tests.grading.courses import assignment_type, policy

HOMEWORK = assignment_type("Homework")


def faults_of(document: object) -> tuple[str, ...]:
    with pytest.raises(InvalidGradingPolicy) as refusal:
        policy_of(document)
    return refusal.value.faults


def faults_of_text(source: str) -> tuple[str, ...]:
    with pytest.raises(InvalidGradingPolicy) as refusal:
        parse_policy(source)
    return refusal.value.faults


def test_an_empty_document_is_open_edxs_default_policy() -> None:
    read = parse_policy("{}")

    assert read == policy_of(DEFAULT_POLICY)
    assert read.hash == "ChVp0lHGQGCevD0t4njna/C44zQ="
    assert [
        (kind.name, kind.short_label, kind.min_count, kind.drop_count, kind.weight)
        for kind in read.assignment_types
    ] == [
        ("Homework", "HW", 12, 2, 0.15),
        ("Lab", "Lab", 12, 2, 0.15),
        ("Midterm Exam", "Midterm", 1, 0, 0.3),
        ("Final Exam", "Final", 1, 0, 0.4),
    ]
    assert read.cutoffs == (GradeCutoff("Pass", 0.5),)


def test_each_top_key_replaces_its_default_as_a_whole() -> None:
    only_cutoffs = policy_of({"GRADE_CUTOFFS": {"A": 0.9}})
    only_types = policy_of({"GRADER": [HOMEWORK]})

    assert len(only_cutoffs.assignment_types) == 4
    assert only_cutoffs.cutoffs == (GradeCutoff("A", 0.9),)
    assert [kind.name for kind in only_types.assignment_types] == ["Homework"]
    assert only_types.cutoffs == (GradeCutoff("Pass", 0.5),)


def test_an_assignment_type_takes_its_names_from_its_type() -> None:
    (kind,) = policy(HOMEWORK | {"short_label": None, "category": ""}).assignment_types

    assert (kind.name, kind.short_label, kind.category, kind.section_type) == ("Homework",) * 4
    assert (kind.show_only_average, kind.hide_average, kind.starting_index) == (False, False, 1)


def test_a_missing_weight_is_none_of_the_grade() -> None:
    (kind,) = policy_of(
        {"GRADER": [{"type": "A", "min_count": 1, "drop_count": 0}]}
    ).assignment_types

    assert kind.weight == 0.0


@pytest.mark.parametrize(
    ("given", "read"), [("12", 12), (12.0, 12), ("3.7", 3), (True, 1), (" 4 ", 4), (-1, -1)]
)
def test_min_count_is_read_as_open_edx_reads_it(given: object, read: int) -> None:
    (kind,) = policy(HOMEWORK | {"min_count": given}).assignment_types

    assert kind.min_count == read


def test_unknown_keys_are_ignored_but_are_part_of_the_text_and_the_hash() -> None:
    plain = policy(HOMEWORK)
    noted = policy(HOMEWORK | {"note": "por qué"})

    assert noted.assignment_types == plain.assignment_types
    assert noted.hash != plain.hash
    assert "por qué" in noted.source


def test_the_spelling_of_a_number_is_part_of_the_hash_and_the_order_of_keys_is_not() -> None:
    whole = parse_policy('{"GRADER": [], "GRADE_CUTOFFS": {"A": 1, "B": 0.5}}')
    point = parse_policy('{"GRADER": [], "GRADE_CUTOFFS": {"A": 1.0, "B": 0.5}}')
    other = parse_policy('{"GRADE_CUTOFFS": {"B": 0.5, "A": 1}, "GRADER": []}')

    assert whole.cutoffs == point.cutoffs == other.cutoffs
    assert whole.hash == other.hash != point.hash


def test_a_policy_survives_its_own_text() -> None:
    read = policy(HOMEWORK | {"weight": 0.1}, cutoffs={"B": 0.5, "A": 0.5, "Ünter": 0.1})

    assert parse_policy(read.source) == read


def test_the_highest_cutoff_reached_gives_the_letter_and_of_equal_ones_the_first() -> None:
    read = policy(cutoffs={"C": 0.5, "A": 0.9, "Also A": 0.9, "F": 0})

    assert [read.letter_grade(percent) for percent in (1.0, 0.9, 0.89, 0.5, 0.49, 0.0, -0.01)] == [
        *("A", "A", "C", "C", "F", "F"),
        None,
    ]
    assert read.cutoff_reached(0.6) == GradeCutoff("C", 0.5)


def test_passing_is_reaching_the_lowest_cutoff_above_zero() -> None:
    read = policy(cutoffs={"A": 0.9, "F": 0, "C": 0.5})

    assert read.passing_threshold == 0.5
    assert (read.passes(0.5), read.passes(0.49)) == (True, False)


@pytest.mark.parametrize("cutoffs", [{}, {"F": 0}, {"F": 0, "G": -1}])
def test_without_a_cutoff_above_zero_nobody_passes(cutoffs: dict[str, float]) -> None:
    read = policy(cutoffs=cutoffs)

    assert read.passing_threshold is None
    assert read.passes(1.0) is False


def test_weights_are_summed() -> None:
    ten = policy(*(assignment_type(f"T{number}", 0.1) for number in range(10)))

    assert ten.weight_sum == 1.0
    assert policy().weight_sum == 0.0


@pytest.mark.parametrize("document", [None, [], "GRADER", 3, True])
def test_what_is_no_object_is_refused(document: object) -> None:
    assert faults_of(document) == ("It must be a JSON object.",)


@pytest.mark.parametrize("grader", [None, "Homework", {}, 5])
def test_a_grader_that_is_no_list_is_refused(grader: object) -> None:
    assert faults_of({"GRADER": grader}) == ("GRADER must be a list of assignment types.",)


@pytest.mark.parametrize("cutoffs", [None, [], "A", 0.5])
def test_cutoffs_that_are_no_object_are_refused(cutoffs: object) -> None:
    assert faults_of({"GRADE_CUTOFFS": cutoffs}) == (
        "GRADE_CUTOFFS must be a JSON object of letters and numbers.",
    )


COUNT = "must be a whole number between -1000 and 1000."
NUMBER = "must be a number between -1000000 and 1000000."


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"type": 5}, "Assignment type 1: type must be text."),
        ({"type": None}, "Assignment type 1: type must be text."),
        ({"min_count": None}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"min_count": "many"}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"min_count": float("nan")}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"min_count": float("inf")}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"min_count": 1001}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"min_count": 1e300}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"min_count": 10**400}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"min_count": []}, f"Assignment type 1 (Homework): min_count {COUNT}"),
        ({"drop_count": None}, f"Assignment type 1 (Homework): drop_count {COUNT}"),
        ({"drop_count": 1.0}, f"Assignment type 1 (Homework): drop_count {COUNT}"),
        ({"drop_count": "1"}, f"Assignment type 1 (Homework): drop_count {COUNT}"),
        ({"drop_count": -(10**400)}, f"Assignment type 1 (Homework): drop_count {COUNT}"),
        (
            {"starting_index": 0.5},
            f"Assignment type 1 (Homework): starting_index {COUNT.replace('1000', '1000000')}",
        ),
        ({"weight": None}, f"Assignment type 1 (Homework): weight {NUMBER}"),
        ({"weight": "0.5"}, f"Assignment type 1 (Homework): weight {NUMBER}"),
        ({"weight": float("nan")}, f"Assignment type 1 (Homework): weight {NUMBER}"),
        ({"weight": float("-inf")}, f"Assignment type 1 (Homework): weight {NUMBER}"),
        ({"weight": 1e308}, f"Assignment type 1 (Homework): weight {NUMBER}"),
        ({"weight": 10**400}, f"Assignment type 1 (Homework): weight {NUMBER}"),
        ({"short_label": 7}, "Assignment type 1 (Homework): short_label must be text."),
        ({"category": ["x"]}, "Assignment type 1 (Homework): category must be text."),
        ({"section_type": {"a": 1}}, "Assignment type 1 (Homework): section_type must be text."),
    ],
)
def test_a_wrong_value_is_refused_by_name(change: dict[str, Any], fault: str) -> None:
    assert faults_of({"GRADER": [HOMEWORK | change]}) == (fault,)


@pytest.mark.parametrize(
    ("missing", "fault"),
    [
        (["type"], "Assignment type 1 has no type."),
        (["min_count"], "Assignment type 1 has no min_count."),
        (["min_count", "drop_count"], "Assignment type 1 has no min_count and no drop_count."),
        (
            ["type", "min_count", "drop_count"],
            "Assignment type 1 has no type and no min_count and no drop_count.",
        ),
    ],
)
def test_a_missing_key_is_refused_by_name(missing: list[str], fault: str) -> None:
    entry = {key: value for key, value in HOMEWORK.items() if key not in missing}

    assert faults_of({"GRADER": [entry]}) == (fault,)


@pytest.mark.parametrize(
    "threshold", [None, "0.5", [], float("nan"), float("inf"), 1e300, -(10**400)]
)
def test_a_cutoff_that_is_no_usable_number_is_refused(threshold: object) -> None:
    assert faults_of({"GRADE_CUTOFFS": {"A": threshold}}) == (f"Cutoff 'A' {NUMBER}",)


@pytest.mark.parametrize("letter", ["A" * (MAX_LETTER_LENGTH + 1), "A\0"])
def test_a_letter_that_no_grade_can_store_is_refused(letter: str) -> None:
    (fault,) = faults_of({"GRADE_CUTOFFS": {letter: 0.5}})

    assert fault.endswith("must be named with at most 255 characters, none of them NUL.")


def test_every_fault_is_named_at_once() -> None:
    document = {
        "GRADER": [
            HOMEWORK,
            "Lab",
            {"type": "Exam", "drop_count": 0, "weight": "half"},
            HOMEWORK | {"drop_count": None, "category": 3},
        ],
        "GRADE_CUTOFFS": {"A": "high", "B": 0.5, "C": None},
    }

    with pytest.raises(InvalidGradingPolicy) as refusal:
        policy_of(document)

    assert refusal.value.faults == (
        "Assignment type 2 must be a JSON object.",
        "Assignment type 3 has no min_count.",
        f"Assignment type 3 (Exam): weight {NUMBER}",
        f"Assignment type 4 (Homework): drop_count {COUNT}",
        "Assignment type 4 (Homework): category must be text.",
        f"Cutoff 'A' {NUMBER}",
        f"Cutoff 'C' {NUMBER}",
    )
    assert refusal.value.code == "INVALID_GRADING_POLICY"
    assert refusal.value.message == "The grading policy is not valid: " + " ".join(
        refusal.value.faults
    )


def test_more_assignment_types_than_any_course_has_are_refused() -> None:
    most = [assignment_type(f"T{number}") for number in range(MAX_ASSIGNMENT_TYPES)]

    assert len(policy(*most).assignment_types) == MAX_ASSIGNMENT_TYPES
    assert faults_of({"GRADER": [*most, HOMEWORK]}) == (
        "GRADER has 101 assignment types; 100 is most.",
    )


@pytest.mark.parametrize("source", ["", "{", "GRADER", '{"GRADER": []', "{'GRADER': []}", "\x00"])
def test_text_that_is_no_json_is_refused(source: str) -> None:
    assert faults_of_text(source) == ("It is not JSON.",)


@pytest.mark.parametrize(
    "source", ['{"note": NaN}', '{"note": Infinity}', '{"note": 1e999}', '{"note": "\\ud800"}']
)
def test_what_json_can_not_hold_is_refused_even_under_unknown_keys(source: str) -> None:
    assert faults_of_text(source) == ("It holds a number or a text that JSON cannot.",)


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    assert faults_of_text('{"note": ' + "9" * 5000 + "}") == ("It is not JSON.",)


def test_deep_nesting_is_refused_or_read_but_never_crashes() -> None:
    nested: object = {}
    for _ in range(100_000):
        nested = [nested]

    assert faults_of_text("[" * 100_000) == ("It is nested too deeply.",)
    assert faults_of({"note": nested}) == ("It is nested too deeply.",)
    assert json.loads(parse_policy('{"note": ' + "[" * 50 + "]" * 50 + "}").source)["note"]
