"""What Prometheus is told: operations, sockets, events, loaders, statements, requests."""

import asyncio
from functools import cache
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from server.operation_record import OperationRecord

disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of all lines, of use to nobody

_OPERATION: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STATEMENT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)
_COST: Final = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
_BATCH: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
# What a server or a client library closes with; a client may invent a thousand others.
_CLOSES: Final = frozenset(
    {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1013}
    | {4400, 4401, 4403, 4406, 4408, 4409, 4429, 4499, 4500}
)


class Metrics:
    """The metrics of a process; of all workers together where there are several.

    Labels have few values, each known beforehand: no name of a learner, and none of an operation
    but the operator's own.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._operations = Counter(
            "graphql_operations",
            "Operations that have ended.",
            ("type", "outcome", "operation"),
            registry=self.registry,
        )
        self._durations = Histogram(
            "graphql_operation_duration_seconds",
            "How long queries and mutations took; of the operator's documents each by its name.",
            ("type", "operation"),
            buckets=_OPERATION,
            registry=self.registry,
        )
        self._costs = Histogram(
            "graphql_operation_cost",
            "What the limits found operations to cost.",
            buckets=_COST,
            registry=self.registry,
        )
        self._errors = Counter(
            "graphql_errors",
            "Errors that clients were told.",
            ("code",),
            registry=self.registry,
        )
        self.in_flight = self._gauge(
            "graphql_operations_in_flight", "Operations that run, without subscriptions."
        )
        self.subscriptions = self._gauge(
            "graphql_subscriptions_active", "Subscriptions that are open.", "transport"
        )
        self.sockets = self._gauge("graphql_sockets_active", "WebSockets that are open.")
        self._closes = Counter(
            "graphql_socket_closes",
            "WebSockets that have ended.",
            ("code",),
            registry=self.registry,
        )
        self._uncounted = 0
        self._events_sent = Counter(
            "graphql_events_sent",
            "Results of subscriptions that were sent.",
            registry=self.registry,
        )
        self._batches = Histogram(
            "graphql_loader_batch_size",
            "How much loaders read at once.",
            ("loader",),
            buckets=_BATCH,
            registry=self.registry,
        )
        self._statements = Histogram(
            "db_statement_duration_seconds",
            "How long SQL statements took, with the wait for a connection.",
            ("statement", "outcome"),
            buckets=_STATEMENT,
            registry=self.registry,
        )
        self.pool = self._gauge(
            "db_pool_connections", "PostgreSQL connections of the pools.", "state"
        )
        self.pool_limit = self._gauge(
            "db_pool_connections_limit", "How many connections the pools may have."
        )
        self.log_lag = self._gauge(
            "event_log_lag_seconds",
            "How old the oldest event is that followers were not told yet.",
            mode="livemax",
        )
        self.log_behind = self._gauge(
            "event_log_lag_events",
            "How many events followers were not told yet; 10000 is many.",
            mode="livemax",
        )
        self.log_retained = self._gauge(
            "event_log_retained_events",
            "About how many events the log keeps.",
            mode="livemax",
        )
        self._deliveries = Counter(
            "webhook_deliveries",
            "Requests to webhooks, by what came of them: taken or failed.",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self.webhooks = self._gauge("webhooks", "Webhooks by state.", "state", mode="livemax")
        self._requests = Histogram(
            "http_request_duration_seconds",
            "How long HTTP requests took, streams included.",
            ("method", "route", "status"),
            buckets=_OPERATION,
            registry=self.registry,
        )

        # To look a label up takes longer than to count. There are few, and they stay.
        self._operations_of = cache(self._operations.labels)
        self._durations_of = cache(self._durations.labels)
        self._batches_of = cache(self._batches.labels)
        self._statements_of = cache(self._statements.labels)
        self._requests_of = cache(self._requests.labels)

    def _gauge(self, name: str, text: str, *labels: str, mode: str = "livesum") -> Gauge:
        return Gauge(name, text, labels, registry=self.registry, multiprocess_mode=mode)  # type: ignore[arg-type]

    def operation_ended(self, record: OperationRecord) -> None:
        """Count an operation."""
        name = record.trusted_name
        self._operations_of(record.type, record.outcome.value, name).inc()
        if record.kind != "subscription":
            self._durations_of(record.type, name).observe(record.seconds)
        if record.cost is not None:
            self._costs.observe(record.cost)
        for code, count in record.codes.items():
            self._errors.labels(code).inc(count)

    def event_sent(self) -> None:
        """Count a result of a subscription: those of one moment together, for there are many."""
        if not self._uncounted:
            asyncio.get_running_loop().call_soon(self._count_events)
        self._uncounted += 1

    def _count_events(self) -> None:
        self._events_sent.inc(self._uncounted)
        self._uncounted = 0

    def socket_closed(self, code: int) -> None:
        """Count the end of a socket by its code, or as "other"."""
        self._closes.labels(str(code) if code in _CLOSES else "other").inc()

    def batch_read(self, loader: str, size: int) -> None:
        """Count what a loader read at once."""
        self._batches_of(loader).observe(size)

    def delivery_ended(self, kind: str, *, taken: bool) -> None:
        """Count a request to a webhook."""
        self._deliveries.labels(kind, "taken" if taken else "failed").inc()

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an HTTP request."""
        self._requests_of(method, route, str(status)).observe(seconds)

    def statement_ended(self, kind: str, seconds: float, *, failed: bool) -> None:
        """Count a statement."""
        self._statements_of(kind, "error" if failed else "ok").observe(seconds)


@cache
def process_metrics() -> Metrics:
    """Return the metrics of this process, of which there can be only one set."""
    return Metrics()
