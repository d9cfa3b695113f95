"""Turns OULAD into what CourseGrade imports: ``python convert.py SOURCE OUT`` (see README.md)."""

import argparse
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

PASS_MARK = 0.4
MONTHS = {"B": 2, "J": 10}
UNKNOWN = {"", "?"}


@dataclass(frozen=True)
class Presentation:
    """One run of a module, such as AAA 2013J."""

    module: str
    code: str

    def __post_init__(self) -> None:
        """Refuse what could not be part of a key or of a path."""
        if not re.fullmatch(r"[A-Za-z0-9]+ [0-9]{4}[BJ]", f"{self.module} {self.code}"):
            raise ValueError(f"{self.module} {self.code} is no presentation")

    @property
    def course_key(self) -> str:
        return f"course-v1:OULAD+{self.module}+{self.code}"

    def moment(self, day: int, hour: int, minute: int = 0) -> str:
        """Return day number ``day`` of the presentation, at that time, as ISO 8601."""
        start = datetime(int(self.code[:4]), MONTHS[self.code[4]], 1, hour, minute, tzinfo=UTC)
        return f"{start + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Assessment:
    """One assessment; ``name`` and ``share`` are None where it does not count."""

    id: str
    presentation: Presentation
    kind: str
    day: int | None
    weight: float
    name: str | None = None
    share: float | None = None

    @property
    def block_id(self) -> str:
        return f"assessment_{self.id}"

    @property
    def usage_key(self) -> str:
        run = self.presentation.course_key.removeprefix("course-v1:")
        return f"block-v1:{run}+type@problem+block@{self.block_id}"

    @property
    def title(self) -> str:
        return self.name or f"{self.kind} {self.id} (no results)"


@dataclass
class Summary:
    """What was written, and what was left out and why."""

    presentations: int = 0
    enrolments: int = 0
    learners: int = 0
    inactive: int = 0
    scores: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        total = self.scores + self.left_out.total()
        learners = f"{self.learners:,} learners, {self.inactive:,} ended early (inactive)"
        lines = [
            f"{self.presentations:,} presentations",
            f"{self.enrolments:,} enrolments of {learners}",
            f"{total:,} scores: {self.scores:,} written, {self.left_out.total():,} left out",
        ]
        lines += [f"  {count:,} {reason}" for reason, count in sorted(self.left_out.items())]
        return "\n".join(lines)


def convert(source: Path, out: Path) -> Summary:
    """Read the OULAD folder ``source`` and write courses, learners and scores into ``out``.

    :raises FileNotFoundError: if a table is missing.
    :raises FileExistsError: if ``out`` holds something already.
    :raises ValueError: if a table holds what OULAD's do not.
    """
    assessments = read_assessments(source)
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    summary = Summary()
    for presentation, group in groupby(assessments.values(), key=attrgetter("presentation")):
        folder = out / "courses" / f"{presentation.module}-{presentation.code}"
        write_course(folder, presentation, list(group))
        summary.presentations += 1
    enrolled = write_learners(source, out / "learners.csv", summary)
    write_scores(source, out / "scores.csv", assessments, enrolled, summary)
    return summary


def table(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of one of OULAD's tables."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def read_assessments(source: Path) -> dict[str, Assessment]:
    """Return all assessments by id, with names and shares; presentations stay together."""
    assessments = [
        Assessment(
            id=row["id_assessment"],
            presentation=Presentation(row["code_module"], row["code_presentation"]),
            kind=row["assessment_type"],
            day=None if row["date"] in UNKNOWN else int(row["date"]),
            weight=float(row["weight"]),
        )
        for row in table(source / "assessments.csv")
    ]
    assessments.sort(key=_course_order)
    with_results = {
        row["id_assessment"]
        for row in table(source / "studentAssessment.csv")
        if row["score"] not in UNKNOWN
    }
    for _, group in groupby(assessments, key=attrgetter("presentation")):
        give_shares([each for each in group if each.kind != "Exam" or each.id in with_results])
    return {each.id: each for each in assessments}


def _course_order(each: Assessment) -> tuple[str, str, bool, int, int]:
    # Exams without a day stand in the last week.
    place = each.presentation
    return place.module, place.code, each.day is None, each.day or 0, int(each.id)


def give_shares(counting: list[Assessment]) -> None:
    """Name the assessments of one presentation that count, and share the grade out among them."""
    total = sum(each.weight for each in counting)
    numbers: Counter[str] = Counter()
    for each in counting:
        numbers[each.kind] += 1
        each.name = each.kind if each.kind == "Exam" else f"{each.kind} {numbers[each.kind]}"
        each.share = each.weight / total if total else 1 / len(counting)


def grading_policy(assessments: list[Assessment]) -> dict[str, Any]:
    """Return the policy of a presentation: each assessment is its own assignment type."""
    return {
        "GRADER": [
            {
                "type": each.name,
                "short_label": each.name.replace(" ", ""),
                "min_count": 1,
                "drop_count": 0,
                "weight": each.share,
            }
            for each in assessments
            if each.name is not None
        ],
        "GRADE_CUTOFFS": {"Pass": PASS_MARK},
    }


def write_course(folder: Path, presentation: Presentation, assessments: list[Assessment]) -> None:
    """Write one presentation as a course export, in the layout of Studio."""
    run = presentation.code
    title = f"{presentation.module} {run}"
    about = {"display_name": title, "start": presentation.moment(0, hour=0)}
    root = ET.Element("course", url_name=run, org="OULAD", course=presentation.module)
    _write_xml(folder / "course.xml", root)
    _write_xml(folder / f"course/{run}.xml", _parent("course", about, "chapter", ["assessments"]))
    block_ids = [each.block_id for each in assessments]
    chapter = _parent("chapter", {"display_name": "Assessments"}, "sequential", block_ids)
    _write_xml(folder / "chapter/assessments.xml", chapter)
    for each in assessments:
        _write_assessment(folder, each)
    policies = {"policy": {f"course/{run}": about}, "grading_policy": grading_policy(assessments)}
    for name, document in policies.items():
        _write(folder / f"policies/{run}/{name}.json", json.dumps(document, indent=1))


def _write_assessment(folder: Path, each: Assessment) -> None:
    title = {"display_name": each.title}
    settings = dict(title)
    if each.name is not None:
        settings |= {"format": each.name, "graded": "true"}
    if each.day is not None:
        settings["due"] = each.presentation.moment(each.day, hour=23, minute=59)
    # One answer, weighted to 100 points: OULAD has the marks, not the questions.
    problem = ET.Element("problem", title, weight="100.0")
    response = ET.SubElement(problem, "numericalresponse", answer="100")
    ET.SubElement(response, "label").text = "Marks, from 0 to 100"
    ET.SubElement(response, "formulaequationinput")
    for block in (
        _parent("sequential", settings, "vertical", [each.block_id]),
        _parent("vertical", title, "problem", [each.block_id]),
        problem,
    ):
        _write_xml(folder / block.tag / f"{each.block_id}.xml", block)


def _parent(tag: str, settings: dict[str, str], kind: str, names: list[str]) -> ET.Element:
    parent = ET.Element(tag, settings)
    parent.extend(ET.Element(kind, url_name=name) for name in names)
    return parent


def _write_xml(path: Path, root: ET.Element) -> None:
    ET.indent(root)
    _write(path, ET.tostring(root, encoding="unicode"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def write_learners(source: Path, path: Path, summary: Summary) -> set[tuple[Presentation, str]]:
    """Write one line an enrolment; return who is enrolled in what."""
    enrolled: set[tuple[Presentation, str]] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("user_id", "username", "course_key", "active"))
        for presentation, student, active in enrolments(source):
            enrolled.add((presentation, student))
            flag = "true" if active else "false"
            writer.writerow((student, f"oulad_{student}", presentation.course_key, flag))
            summary.enrolments += 1
            summary.inactive += not active
    summary.learners = len({student for _, student in enrolled})
    return enrolled


def enrolments(source: Path) -> Iterator[tuple[Presentation, str, bool]]:
    """Yield presentation, student and whether they stayed, from whichever table is there."""
    registration = source / "studentRegistration.csv"
    if registration.exists():
        path, column, stayed = registration, "date_unregistration", UNKNOWN.__contains__
    else:
        path, column, stayed = source / "enrolments.csv", "final_result", "Withdrawn".__ne__
    for row in table(path):
        presentation = Presentation(row["code_module"], row["code_presentation"])
        yield presentation, row["id_student"], stayed(row[column])


def write_scores(
    source: Path,
    path: Path,
    assessments: dict[str, Assessment],
    enrolled: set[tuple[Presentation, str]],
    summary: Summary,
) -> None:
    """Write one line a score, as they come; count the others by what is wrong with them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("user_id", "usage_key", "score_given", "score_maximum", "timestamp"))
        for row in table(source / "studentAssessment.csv"):
            each = assessments.get(row["id_assessment"])
            student, score = row["id_student"], row["score"]
            if each is None:
                summary.left_out["of an unknown assessment"] += 1
            elif (each.presentation, student) not in enrolled:
                summary.left_out["of a student who is not registered"] += 1
            elif score in UNKNOWN:
                summary.left_out["without marks"] += 1
            else:
                moment = each.presentation.moment(int(row["date_submitted"]), hour=12)
                writer.writerow((student, each.usage_key, score, 100, moment))
                summary.scores += 1


def main() -> None:
    parser = argparse.ArgumentParser(description="Turn OULAD into what CourseGrade imports.")
    parser.add_argument("source", type=Path, help="the folder with OULAD's tables")
    parser.add_argument("out", type=Path, help="a new folder for courses, learners and scores")
    arguments = parser.parse_args()
    try:
        print(convert(arguments.source, arguments.out))
    except OSError as error:
        sys.exit(f"Not converted: {error}")
    except (KeyError, ValueError) as error:
        sys.exit(f"Not converted: {arguments.source} does not look like OULAD: {error}")


if __name__ == "__main__":
    main()
