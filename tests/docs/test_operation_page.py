"""The page about operation says what the code does."""

from prometheus_client.metrics import MetricWrapperBase

from schema.operation_notes import Outcome
from server.metrics import Metrics
from tests.docs.markdown import DOCS, section, table

PAGE = (DOCS / "operation.md").read_text(encoding="utf-8")


def test_its_table_of_metrics_is_that_of_the_code() -> None:
    collectors = Metrics().registry._collector_to_names

    assert table(section(PAGE, "Metrics")) == [
        _row(collector) for collector in collectors if isinstance(collector, MetricWrapperBase)
    ]


def _row(metric: MetricWrapperBase) -> list[str]:
    name = metric._name + "_total" * (metric._type == "counter")
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)
    return [f"`{name}`", str(metric._type), labels, metric._documentation]


def test_its_outcomes_are_those_of_the_code_in_their_order() -> None:
    _, _, behind = section(PAGE, "Logs").partition("| outcome |")

    assert [cell.strip("`") for cell, _ in table("| outcome |" + behind)] == list(Outcome)
