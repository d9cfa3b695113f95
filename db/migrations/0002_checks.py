"""What no row may hold, whoever writes it. Comparisons with a range also keep NaN out."""

from tortoise import migrations

from db.migration_operations import AddChecks


class Migration(migrations.Migration):
    dependencies = [("grades", "0001_initial")]

    operations = [
        AddChecks(
            "learner",
            {"learner_id_positive": "id > 0", "learner_username_given": "username <> ''"},
        ),
        AddChecks(
            "course_version",
            {"course_version_algorithm_known": "algorithm in ('EDX_2022', 'EDX_2024')"},
        ),
        AddChecks(
            "problem_score",
            {
                "problem_score_earned_range": "earned is null or earned between 0 and 1e12",
                "problem_score_possible_range": "possible between 0 and 1e12",
            },
        ),
        AddChecks(
            "subsection_grade",
            {
                "subsection_grade_finite": (
                    "earned_all between -1e300 and 1e300"
                    " and possible_all between -1e300 and 1e300"
                    " and earned_graded between -1e300 and 1e300"
                    " and possible_graded between -1e300 and 1e300"
                ),
                "subsection_grade_version_positive": "version > 0",
            },
        ),
        AddChecks(
            "course_grade",
            {
                "course_grade_finite": (
                    "percent between -1e300 and 1e300 and unrounded between -1e300 and 1e300"
                ),
                "course_grade_version_positive": "version > 0",
                "course_grade_passed_at_known": "not passed or passed_at is not null",
                "course_grade_algorithm_known": "algorithm in ('EDX_2022', 'EDX_2024')",
            },
        ),
    ]
