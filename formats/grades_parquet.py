"""Grades as a Parquet file for analysts: one row a learner and graded subsection.

The file is made piece by piece: a piece holds the rows of some learners, and becomes a row group.
"""

import io
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from formats.exported_grade import ExportedGrade
from grading import FormatUnavailable
from grading.content import CourseContent


def require_parquet() -> None:
    """Let only those pass who have the library.

    :raises FormatUnavailable: if it is not installed.
    """
    if find_spec("pyarrow") is None:
        raise FormatUnavailable(
            "Parquet files need the package pyarrow, the extra `parquet`, which is not installed "
            "here: ask for CSV, or whoever runs the service to install it.",
            field=["format"],
        )


def parquet_piece(content: CourseContent, learners: Iterable[ExportedGrade]) -> bytes:
    """Return the rows of some learners, in Arrow's own form."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    rows = [row for learner in learners for row in _rows(content, learner)]
    schema = _schema()
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_table(pa.Table.from_pylist(rows, schema=schema))
    return sink.getvalue()


class _Outlet(io.RawIOBase):
    """A file that can only be written, and forgets what was taken out of it."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:  # noqa: ANN401 - whatever has bytes
        taken = bytes(content)
        self._waiting.append(taken)
        return len(taken)

    def taken(self) -> bytes:
        content = b"".join(self._waiting)
        self._waiting.clear()
        return content


class ParquetFile:
    """A Parquet file while its pieces come in; each call returns the bytes that are new."""

    def __init__(self) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

        self._sink = _Outlet()
        self._writer = pq.ParquetWriter(self._sink, _schema(), compression="zstd")

    def add(self, piece: bytes) -> bytes:
        """Add the rows of a piece."""
        import pyarrow as pa  # noqa: PLC0415 - an extra

        with pa.ipc.open_stream(piece) as stream:
            self._writer.write_table(stream.read_all())
        return self._sink.taken()

    def end(self) -> bytes:
        """Say that this was all."""
        self._writer.close()
        return self._sink.taken()


def _rows(content: CourseContent, learner: ExportedGrade) -> Iterable[dict[str, Any]]:
    decimals = content.algorithm.subsection_decimals
    course_grade = learner.course_grade
    for usage_key, subsection in content.subsections.items():
        if not subsection.graded:
            continue
        grade = learner.subsection_grade(content, usage_key)
        yield {
            "course_key": content.course_key,
            "user_id": learner.learner_id,
            "username": learner.username,
            "external_user_key": learner.external_user_key,
            "active": learner.active,
            "track": learner.mode,
            "cohort": learner.cohort,
            "course_percent": course_grade.percent,
            "letter_grade": course_grade.letter_grade,
            "passed": course_grade.passed,
            "subsection_key": usage_key,
            "subsection_name": subsection.display_name,
            "assignment_type": subsection.format,
            "earned": grade.graded_total.earned,
            "possible": grade.graded_total.possible,
            "percent": grade.graded_total.percent(decimals),
            "computed_earned": grade.computed_graded_total.earned,
            "computed_possible": grade.computed_graded_total.possible,
            "overridden": grade.overridden,
            "first_attempted_at": grade.first_attempted_at,
        }


def _schema() -> Any:  # noqa: ANN401 - PyArrow has no types
    import pyarrow as pa  # noqa: PLC0415 - an extra

    word = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            ("course_key", word),
            ("user_id", pa.int64()),
            ("username", pa.string()),
            ("external_user_key", pa.string()),
            ("active", pa.bool_()),
            ("track", word),
            ("cohort", word),
            ("course_percent", pa.float64()),
            ("letter_grade", word),
            ("passed", pa.bool_()),
            ("subsection_key", word),
            ("subsection_name", word),
            ("assignment_type", word),
            ("earned", pa.float64()),
            ("possible", pa.float64()),
            ("percent", pa.float64()),
            ("computed_earned", pa.float64()),
            ("computed_possible", pa.float64()),
            ("overridden", pa.bool_()),
            ("first_attempted_at", pa.timestamp("us", tz="UTC")),
        ]
    )
