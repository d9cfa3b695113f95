"""Parquet files of grades, read by PyArrow."""

import io
import os

import pytest

from db.grade_exports import ExportFormat
from resolvers import grade_exports
from tests.factories import enroll, publish_content, record
from tests.resolvers.exchanging import exported

if not os.environ.get("CI"):
    pytest.importorskip("pyarrow")

import pyarrow.parquet as pq


async def test_a_parquet_file_has_a_row_for_each_learner_and_subsection(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_exports, "CHUNK", 2)
    course = await publish_content()
    learner_ids = await enroll(course, 3)
    await record(course, learner_ids[0], {"hw1_1": 1, "exam_1": 0.5})

    file = pq.ParquetFile(io.BytesIO(await exported(course, ExportFormat.PARQUET)))

    rows = file.read().to_pylist()
    assert (len(rows), file.num_row_groups) == (9, 2)
    first = rows[0]
    assert (first["username"], first["course_percent"], first["passed"]) == (
        "learner-001",
        0.4,
        False,
    )
    assert (first["earned"], first["possible"], first["percent"]) == (1.0, 2.0, 0.5)
    assert [row["first_attempted_at"] is None for row in rows] == [False, True, False, *[True] * 6]


async def test_a_parquet_file_of_nobody_has_its_columns(database: str) -> None:
    course = await publish_content()

    table = pq.read_table(io.BytesIO(await exported(course, ExportFormat.PARQUET)))

    assert table.num_rows == 0
    assert "course_percent" in table.column_names
