"""Say loudly which tests a run left out; under CI, leaving one out is a failure.

Usage: left_out.py REPORT, where REPORT is what ``pytest --junitxml`` wrote.
"""

import os
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

# A test that means nothing in this combination (not: one that could not run here) says so.
NOT_APPLICABLE = "not applicable:"


def reason_of(skipped: ET.Element) -> str:
    """Return why a test was skipped; for a whole module, the text says it at its end."""
    message = skipped.get("message", "")
    if message == "collection skipped":
        message = (skipped.text or "").strip("()'\"").split("Skipped: ")[-1]
    return message.removeprefix("Skipped: ")


def reasons_of(report: Path) -> Counter[str]:
    """Count the tests (or whole modules) of `report` that were left out, by reason."""
    # Our own pytest wrote the report a moment ago: nothing hostile in it.
    reasons = Counter(
        reason_of(skipped)
        for skipped in ET.parse(report).iter("skipped")  # noqa: S314
        if skipped.get("type") != "pytest.xfail"
    )
    return Counter({why: n for why, n in reasons.items() if not why.startswith(NOT_APPLICABLE)})


def main() -> int:
    """Print what was left out and return the exit status."""
    reasons = reasons_of(Path(sys.argv[1]))
    if not reasons:
        return 0
    lines = [f"  {count} x {why}" for why, count in reasons.most_common()]
    print("*" * 78)
    print(f"{reasons.total()} tests or modules were LEFT OUT on this machine:", *lines, sep="\n")
    if os.environ.get("CI"):
        print("Under CI every test has to run: this is a failure.")
    print("*" * 78)
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
