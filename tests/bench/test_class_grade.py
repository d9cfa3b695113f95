"""The floor's arithmetic gives the grades of the product."""

import random

from bench.class_grade import class_grade
from bench.classroom import content
from bench.workloads import SUBSECTIONS
from grading import Total, compute


def test_the_floor_grades_as_the_product_does() -> None:
    course = content(SUBSECTIONS)
    chance = random.Random(6)
    for _ in range(200):
        points = [float(chance.randint(0, 10)) for _ in range(SUBSECTIONS)]
        grades = {
            key: zero._replace(computed_graded_total=Total(earned, 10.0))
            for (key, zero), earned in zip(course.zero_grades.items(), points, strict=True)
        }

        expected = compute(course, grades)

        by_hand = class_grade([earned / 10 for earned in points])
        assert by_hand.percent == expected.percent
        assert (by_hand.letter, by_hand.passed) == (expected.letter_grade, expected.passed)
