"""How a change in one transaction reaches whoever watches: the log's tail, fan-out, wake-ups."""

from events.entry import Entry, Log, Place, ReadPage
from events.hub import Hub, Subscription
from events.stream import EventStream
from events.tail import Pace, Tail
from events.waker import Wakeable, Waker

__all__ = [
    "Entry",
    "EventStream",
    "Hub",
    "Log",
    "Pace",
    "Place",
    "ReadPage",
    "Subscription",
    "Tail",
    "Wakeable",
    "Waker",
]
